"""`python -m campaign.evaluate`: the `inspect` command, with the campaign's agent and hook, and shorter patience.

The host's faults last seconds here instead of minutes, so the pauses between tries are scaled to them.
"""

from __future__ import annotations

from inspect_ai._cli.main import main

from campaign import agent
from mlebench_inspect.run import outcome

SCALE = 8.0

if __name__ == "__main__":
    assert agent.steady is not None  # registered by its import
    outcome.PAUSES = tuple(pause / SCALE for pause in outcome.PAUSES)
    main()

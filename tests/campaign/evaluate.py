"""`python -m campaign.evaluate`: the `inspect` command, with the campaign's agent and hook, and shorter patience.

The host's faults last seconds here instead of minutes, so the pauses between tries are scaled to them.
"""

from __future__ import annotations

from typing import Any

from inspect_ai._cli.main import main
from inspect_ai.solver import TaskState

from campaign import agent, processes
from mlebench_inspect.run import outcome, scoring, workers
from mlebench_inspect.run.outcome import SubmissionRecord

SCALE = 8.0


async def take_out(state: TaskState, **options: Any) -> SubmissionRecord:
    """Tells the campaign when taking out is done; Inspect's hooks get no event as early as that."""
    record = await outcome.take_out(state, **options)
    if record.outcome != "never_taken":
        agent.mark(state.uuid, "grading", outcome=record.outcome)
    return record


if __name__ == "__main__":
    assert agent.steady is not None  # registered by its import
    outcome.PAUSES = tuple(pause / SCALE for pause in outcome.PAUSES)  # type: ignore[assignment]
    scoring.take_out = take_out
    workers.NURSERY, workers.PASSED_ON = processes.NURSERY, (*workers.PASSED_ON, agent.SOCKET)  # type: ignore[assignment]
    main()

"""The tool that ends a run, which no slip of the model's does."""

from __future__ import annotations

import re

from inspect_ai.tool import Tool, ToolError, tool
from inspect_ai.util import sample_limits, store_as

from mlebench_inspect.agents.commands import time_left
from mlebench_inspect.agents.ending import note_end
from mlebench_inspect.run.instructions import duration
from mlebench_inspect.run.validation import Validation, check_submission

_GIVE_UP = re.compile(r"^\W*give[ _-]?up\b\W*(?P<why>.*\w.*)$", re.IGNORECASE | re.DOTALL)
_PLENTY = 0.1
"""Part of the time that must be left for an early end to be asked back."""


@tool(name="submit")
def submit() -> Tool:
    """Ends the run. An early end is asked back once, and one without a valid submission until the agent gives up."""
    asked = False

    async def execute(answer: str = "") -> str:
        """End your run. What lies in the submission's place is then graded.

        Args:
            answer: What you did, in a few words.
        """
        nonlocal asked
        verdict = await check_submission(store_as(Validation))
        invalid, given_up = verdict.startswith("Invalid"), reason_to_give_up(answer)
        left = time_left()
        plenty = left is not None and left > _PLENTY * (sample_limits().time.limit or 0)
        ends = asked and given_up if invalid else asked or (_is_valid(verdict) and not plenty)
        asked = True
        if not ends:
            raise ToolError(f"{verdict}{_hint(left)} {_way_out(invalid)}")
        note_end("given_up" if given_up and invalid else "submitted", given_up or answer)
        return answer or verdict

    return execute


def reason_to_give_up(answer: str) -> str | None:
    """The reason, where an answer says `give_up:` and one."""
    found = _GIVE_UP.match(answer)
    return found["why"] if found else None


def _is_valid(verdict: str) -> bool:
    return verdict.startswith("The submission is valid")


def _hint(left: float | None) -> str:
    return f" You have {duration(left)} left." if left is not None else ""


def _way_out(invalid: bool) -> str:
    if not invalid:
        return "Go on if anything can be gained. To end the run as it stands, submit again."
    return (
        "Mend it: the run does not end without a valid submission. If that cannot be had, say so and why: submit with "
        "an answer that begins with `give_up:`, followed by the reason."
    )

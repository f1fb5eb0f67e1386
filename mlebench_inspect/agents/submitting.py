"""The tool that ends a run, which no slip of the model's does."""

from __future__ import annotations

import re

from inspect_ai.tool import Tool, ToolError, tool
from inspect_ai.util import sample_limits

from mlebench_inspect.agents.commands import time_left
from mlebench_inspect.agents.ending import note_end
from mlebench_inspect.run.instructions import duration
from mlebench_inspect.run.validation import what_is_wrong

_GIVE_UP = re.compile(r"^\W*give[ _-]?up\b\W*(?P<why>.*\w.*)$", re.IGNORECASE | re.DOTALL)
_PLENTY = 0.1
"""Part of the time that must be left for an early end to be asked back."""


class Ending:
    """Decides whether an agent that wants to end its run may: not without a valid submission, unless it gives up.

    Args:
        early: Whether a valid submission ends the run while much of the time is left; else that is asked back once.
        by: What the agent is to do to end its run.
    """

    def __init__(self, *, early: bool, by: str) -> None:
        self._early, self._by, self._asked = early, by, False

    async def refused(self, answer: str) -> str | None:
        """Why the run goes on, to be told to the agent; None where it ends, which is then noted.

        Args:
            answer: What the agent says at its end.
        """
        wrong, given_up = await what_is_wrong(), reason_to_give_up(answer)
        invalid = wrong is not None
        verdict = "The submission is valid." if wrong is None else f"Invalid: {wrong}"
        left = time_left()
        plenty = not self._early and left is not None and left > _PLENTY * (sample_limits().time.limit or 0)
        asked, self._asked = self._asked, True
        if not (asked and given_up if invalid else asked or not plenty):
            return f"{verdict}{_hint(left)} {self._way_out(invalid)}"
        note_end("given_up" if given_up and invalid else "submitted", given_up or answer)
        return None

    def _way_out(self, invalid: bool) -> str:
        if not invalid:
            return "Go on if anything can be gained. To end the run as it stands, submit again."
        return (
            "Mend it: the run does not end without a valid submission. If that cannot be had, say so and why: "
            f"{self._by} that begins with `give_up:`, followed by the reason."
        )


@tool(name="submit")
def submit() -> Tool:
    """Ends the run. An early end is asked back once, and one without a valid submission until the agent gives up."""
    ending = Ending(early=False, by="submit with an answer")

    async def execute(answer: str = "") -> str:
        """End your run. What lies in the submission's place is then graded.

        Args:
            answer: What you did, in a few words.
        """
        refused = await ending.refused(answer)
        if refused is not None:
            raise ToolError(refused)
        return answer or "The run ends."

    return execute


def reason_to_give_up(answer: str) -> str | None:
    """The reason, where an answer says `give_up:` and one."""
    found = _GIVE_UP.match(answer)
    return found["why"] if found else None


def _hint(left: float | None) -> str:
    return f" You have {duration(left)} left." if left is not None else ""

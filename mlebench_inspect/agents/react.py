"""The default agent: Inspect's `react` with tools for long machine learning work."""

from __future__ import annotations

from inspect_ai.agent import Agent, AgentPrompt, AgentState, agent
from inspect_ai.agent import react as inspect_react
from inspect_ai.model import CompactionAuto
from inspect_ai.tool import bash, python, text_editor
from inspect_ai.util import sample_limits

from mlebench_inspect.instructions import duration
from mlebench_inspect.validation import validate_submission

_PROMPT = """\
You are an experienced machine learning engineer at work on a competition. Work in small steps: look at the data, put a simple
valid submission in place early, then improve it with validation on held-out training data. Run long trainings in the
background and look after them.
"""


@agent
def react(tool_timeout: int = 4 * 3600, submit: bool = True) -> Agent:
    """Long-horizon agent: bash, Python, a text editor and the submission check.

    Args:
        tool_timeout: Seconds after which a single command is stopped.
        submit: Whether the agent may end its run; otherwise it works until a limit ends it.
    """

    async def on_continue(state: AgentState) -> bool | str:
        if state.output.message.tool_calls:
            return True
        left = time_left()
        hint = f"You have {duration(left)} left. " if left is not None else ""
        end = "If nothing more is to be gained, call submit()." if submit else "Use the time to improve your submission."
        return f"{hint}Go on with the next step by calling a tool. {end}"

    return inspect_react(
        prompt=AgentPrompt(instructions=_PROMPT),
        tools=[
            bash(timeout=tool_timeout, background=True),
            python(timeout=tool_timeout),
            text_editor(),
            validate_submission(),
        ],
        submit=None if submit else False,
        on_continue=on_continue,
        compaction=CompactionAuto(),
    )


def time_left() -> float | None:
    """Seconds until the sample's time limit; None without one."""
    return sample_limits().time.remaining

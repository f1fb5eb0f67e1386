"""The default agent: Inspect's `react` with tools for long machine learning work."""

from __future__ import annotations

from typing import Literal

import anyio
import anyio.to_thread
from inspect_ai.agent import Agent, AgentPrompt, AgentState, AgentSubmit, agent
from inspect_ai.agent import react as inspect_react
from inspect_ai.log import transcript
from inspect_ai.model import CompactionAuto, CompactionStrategy, CompactionSummary, get_model
from inspect_ai.tool import Tool, ToolError, bash, python, text_editor, tool
from inspect_ai.util import sample_limits, store_as

from mlebench_inspect.agents.plain_chat import fenced_actions, takes_plain_chat_only
from mlebench_inspect.options import agent_options
from mlebench_inspect.run.instructions import duration
from mlebench_inspect.run.search_score import score_predictions
from mlebench_inspect.run.validation import Validation, check_submission, validate_submission

_PROMPT = """\
You are an experienced machine learning engineer at work on a competition. Work in small steps: look at the data, put a
simple valid submission in place early, then improve it with validation on held-out training data. Run long trainings in
the background and look after them. Large outputs are cut: print little, and keep logs in files.
"""

_TEXT_ACTIONS = """\
You act by writing fenced blocks. What stands in them is run in your sandbox, one block after the other, and the outputs
come back in the next message. These are the blocks:

```bash
a shell script; put long work in the background with nohup, its output in a file
```
```python
a Python program; print what you want to see
```
```validate
(empty) tells whether the submission in place has the right format
```
{scores}{submit}
Text outside of such blocks is not acted upon. To write a block with three backticks in it, fence it with four. Write no
outputs yourself: stop after your last block and wait for them.
"""
_TEXT_SCORES = """\
```score
the path of a file with predictions for the held-back part of the training data; tells their score
```
"""
_TEXT_SUBMIT = """\
```submit
(empty) ends your run; only when nothing more is to be gained
```
"""
_BLOCKS: dict[str, tuple[str, str | None]] = {
    "bash": ("bash", "command"),
    "sh": ("bash", "command"),
    "python": ("python", "code"),
    "validate": ("validate_submission", None),
    "score": ("score_predictions", "path"),
    "submit": ("submit", None),
}


@agent
@agent_options
def react(
    tool_timeout: int = 4 * 3600,
    submit: bool = True,
    actions: Literal["auto", "tools", "text"] = "auto",
    time_notes: int = 30 * 60,
    compaction: float = 0.8,
) -> Agent:
    """Long-horizon agent: bash, Python, a text editor and the submission check.

    Args:
        tool_timeout: Seconds after which a single command is stopped.
        submit: Whether the agent may end its run; otherwise it works until a limit ends it.
        actions: `tools`; or `text` for models that take neither tool calls nor system messages: they act by fenced
            blocks in plain text. `auto` chooses text for o1-preview and o1-mini.
        time_notes: Seconds after which the agent is told again how much time it has left; 0 for never.
        compaction: Part of the model's context window that the conversation may fill before it is compacted, or a
            number of tokens; 0 for never.
    """
    if actions not in ("auto", "tools", "text"):
        raise ValueError(f"actions must be auto, tools or text, not {actions!r}")

    async def execute(state: AgentState) -> AgentState:
        text = actions == "text" or (actions == "auto" and takes_plain_chat_only(get_model()))
        strategy = await _compaction(compaction, text=text)
        tools = [bash(timeout=tool_timeout, background=True), python(timeout=tool_timeout), validate_submission()]
        if store_as(Validation).search_score is not None:
            tools.append(score_predictions())
        how = "writing a block" if text else "calling a tool"
        if text:
            scores = store_as(Validation).search_score is not None
            left_out = {*(() if submit else ("submit",)), *(() if scores else ("score",))}
            blocks = {name: to for name, to in _BLOCKS.items() if name not in left_out}
            model = fenced_actions(blocks, strategy)
            instructions = (
                _PROMPT
                + "\n"
                + _TEXT_ACTIONS.format(scores=_TEXT_SCORES if scores else "", submit=_TEXT_SUBMIT if submit else "")
            )
            prompt = AgentPrompt(instructions=instructions, assistant_prompt=None, submit_prompt=None)
        else:
            model = None
            tools.append(text_editor())
            prompt = AgentPrompt(instructions=_PROMPT)
        inner = inspect_react(
            prompt=prompt,
            tools=tools,
            model=model,
            submit=AgentSubmit(name="submit", tool=_submit()) if submit else False,
            on_continue=_Reminder(how, submit, time_notes),
            compaction=None if text else strategy,
            truncation="auto",
        )
        return await inner(state)

    return execute


class _Reminder:
    """What the agent is told between its steps: to go on, and from time to time how much time is left."""

    def __init__(self, how: str, submit: bool, time_notes: int) -> None:
        self._how, self._submit, self._every = how, submit, time_notes
        self._told = time_left()

    async def __call__(self, state: AgentState) -> bool | str:
        left = time_left()
        hint = f"You have {duration(left)} left." if left is not None else ""
        if not state.output.message.tool_calls:
            end = (
                "If nothing more is to be gained, submit."
                if self._submit
                else "Use the time to improve your submission."
            )
            return f"{hint} Go on with the next step by {self._how}. {end}".strip()
        if self._every and left is not None and self._told is not None and self._told - left >= self._every:
            self._told = left
            return hint
        return True


@tool(name="submit")
def _submit() -> Tool:
    asked = False

    async def execute(answer: str = "") -> str:
        """End your run. What lies in the submission's place is then graded.

        Args:
            answer: What you did, in a few words.
        """
        nonlocal asked
        verdict = await check_submission(store_as(Validation))
        left = time_left()
        unused = left is not None and left > 0.1 * (sample_limits().time.limit or 0)
        if not asked and (unused or not verdict.startswith("The submission is valid")):
            asked = True
            hint = f" You have {duration(left)} left." if left is not None else ""
            raise ToolError(
                f"{verdict}{hint} Go on if anything can be gained. To end the run as it stands, submit again."
            )
        return answer or verdict

    return execute


def time_left() -> float | None:
    """Seconds until the sample's time limit; None without one."""
    left = sample_limits().time.remaining
    return None if left is None else max(0.0, left)


async def _compaction(threshold: float, *, text: bool) -> CompactionStrategy | None:
    """How long conversations are made to fit; None where tokens cannot be counted: then old messages are dropped."""
    if not threshold:
        return None
    if not await _tokens_can_be_counted():
        transcript().info("The table for counting tokens cannot be had, so there is no compaction.", source="mlebench")
        return None
    limit = int(threshold) if threshold > 1 else threshold
    return CompactionSummary(threshold=limit) if text else CompactionAuto(threshold=limit)


async def _tokens_can_be_counted() -> bool:
    """Whether tiktoken has its table: it is downloaded at first use, and a host may have no network."""
    import tiktoken

    try:
        with anyio.move_on_after(30):
            await anyio.to_thread.run_sync(tiktoken.get_encoding, "o200k_base", abandon_on_cancel=True)
            return True
    except Exception:  # whatever the download raises
        pass
    return False

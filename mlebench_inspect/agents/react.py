"""The default agent: Inspect's `react` with tools for long machine learning work."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from inspect_ai.agent import Agent, AgentPrompt, AgentState, AgentSubmit, agent
from inspect_ai.agent import react as inspect_react
from inspect_ai.model import get_model
from inspect_ai.tool import Tool, text_editor
from inspect_ai.util import store_as
from pydantic import Field

from mlebench_inspect.agents.commands import bash, python
from mlebench_inspect.agents.notes import notes_file, read_notes
from mlebench_inspect.agents.pace import Pace
from mlebench_inspect.agents.plain_chat import as_plain_chat, with_calls
from mlebench_inspect.agents.resuming import Notice
from mlebench_inspect.agents.submitting import submit as submit_tool
from mlebench_inspect.models import takes_plain_chat_only
from mlebench_inspect.options import Form, agent_options
from mlebench_inspect.run.search_score import score_predictions
from mlebench_inspect.run.validation import Validation, validate_submission
from mlebench_inspect.sandboxes.providers import provider

if TYPE_CHECKING:
    from mlebench_inspect.agents.conversation import Conversation

Whole = Annotated[int, Field(ge=0), Form("a whole number of at least 0")]

_PROMPT = """\
You are an experienced machine learning engineer at work on a competition. Work in small steps: look at the data, put a
simple valid submission in place early, then improve it with validation on held-out training data. Run long trainings in
the background and look after them. Large outputs are cut: print little, and keep logs in files.

Keep notes in the file `{notes}`: what you know of the data, what you tried with its validation score, what comes next.
When the conversation becomes too long, old messages are left out of it, and these notes are shown to you again.
"""

_CHECK_TOOL = """
The tool `validate_submission` tells whether the submission in place has the right format.
"""
_SCORE_TOOL = """\
The tool `score_predictions` scores a file with predictions for the held-back part of the training data.
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
ends your run; only when nothing more is to be gained
```
"""
_BLOCKS: dict[str, tuple[str, str | None]] = {
    "bash": ("bash", "command"),
    "python": ("python", "code"),
    "validate": ("validate_submission", None),
    "score": ("score_predictions", "path"),
    "submit": ("submit", "answer"),
}


@agent
@agent_options
def react(
    tool_timeout: Whole = 4 * 3600,
    submit: bool = True,
    actions: Literal["auto", "tools", "text"] = "auto",
    time_notes: int = 30 * 60,
    compaction: float = 0.8,
    context_window: Whole = 0,
    idle_turns: Whole = 20,
) -> Agent:
    """Long-horizon agent: bash, Python, a text editor and the submission check.

    Args:
        tool_timeout: Seconds after which a single command is stopped; sooner where less time is left.
        submit: Whether the agent may end its run; otherwise it works until a limit ends it.
        actions: `tools`; or `text` for models that take neither tool calls nor system messages: they act by fenced
            blocks in plain text. `auto` chooses text for o1-preview and o1-mini.
        time_notes: Seconds after which the agent is told again how much time it has left; 0 for never.
        compaction: Part of the model's context window that the conversation may fill before it is compacted, or a
            number of tokens; 0 for never.
        context_window: Tokens of the model's context window; 0 for what Inspect knows of the model.
        idle_turns: Turns in a row without an action (a refusal, silence, calls that cannot be made) after which the
            run ends; 0 for never.
    """
    if actions not in ("auto", "tools", "text"):
        raise ValueError(f"actions must be auto, tools or text, not {actions!r}")

    async def execute(state: AgentState) -> AgentState:
        from mlebench_inspect.agents.conversation import Conversation  # tasks are listed without it

        text = actions == "text" or (actions == "auto" and takes_plain_chat_only(get_model()))
        notes = notes_file(provider(store_as(Validation).provider).paths)
        pace = Pace("writing a block" if text else "calling a tool", submit, time_notes, idle_turns)
        conversation = Conversation(context_window, compaction, lambda: read_notes(notes))
        inner = inspect_react(
            prompt=_prompt(notes, submit, text=text),
            tools=_tools(tool_timeout, text=text),
            model=_by_text(conversation, pace, submit) if text else _by_tools(conversation),
            submit=AgentSubmit(name="submit", tool=submit_tool()) if submit else False,
            on_continue=pace,
        )
        return await inner(state)

    return execute


def _scores() -> bool:
    """Whether candidates can be scored on held-back data."""
    return store_as(Validation).search_score is not None


def _tools(timeout: int, *, text: bool) -> list[Tool]:
    tools = [bash(timeout), python(timeout), validate_submission(), *([score_predictions()] if _scores() else [])]
    return tools if text else [*tools, text_editor()]


def _prompt(notes: str, submit: bool, *, text: bool) -> AgentPrompt:
    instructions = _PROMPT.format(notes=notes)
    if not text:
        return AgentPrompt(instructions=instructions + _CHECK_TOOL + (_SCORE_TOOL if _scores() else ""))
    instructions += "\n" + _TEXT_ACTIONS.format(
        scores=_TEXT_SCORES if _scores() else "", submit=_TEXT_SUBMIT if submit else ""
    )
    return AgentPrompt(instructions=instructions, assistant_prompt=None, submit_prompt=None)


def _by_tools(conversation: Conversation) -> Agent:
    """Stands in for the model: keeps what it is sent within its window."""
    notice = Notice()

    async def execute(state: AgentState, tools: list[Tool]) -> AgentState:
        notice.tell(state)
        state.output = await conversation.ask(state.messages, tools)
        state.messages.append(state.output.message)
        return state

    return execute


def _by_text(conversation: Conversation, pace: Pace, submit: bool) -> Agent:
    """Stands in for the model of a tool-calling agent: sends plain chat, and reads its tool calls from the text."""
    from mlebench_inspect.agents.text_actions import read_actions  # tasks are listed without it

    left_out = {*(() if submit else ("submit",)), *(() if _scores() else ("score",))}
    known = {name: to for name, to in _BLOCKS.items() if name not in left_out}
    notice = Notice()

    async def execute(state: AgentState, tools: list[Tool]) -> AgentState:
        notice.tell(state)
        output = await conversation.ask(as_plain_chat(state.messages))
        read = read_actions(output.completion, known, cut_off=output.stop_reason == "max_tokens")
        pace.unread += read.unread
        state.output = with_calls(output, read.calls)
        state.messages.append(state.output.message)
        return state

    return execute

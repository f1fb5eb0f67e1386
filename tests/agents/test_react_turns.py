"""What `react` does between and within its turns: ends, pauses, commands, notes, windows."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import anyio
import pytest
import tiktoken
from inspect_ai.agent import AgentState
from inspect_ai.model import ChatMessageTool, ModelOutput
from inspect_ai.tool import ToolCall, ToolError
from inspect_ai.util import ExecResult, OutputLimitExceededError

from agents.chat_api import ChatApi, Reply, Request, call, calls, error, says, text_of
from agents.misbehaviour import acts, tokens_of
from mlebench_inspect.agents import commands, pace, react, submitting
from mlebench_inspect.agents.pace import Pace
from runs import run, value

VALID, INVALID = None, "there is no file submission/submission.csv."
COPY = "cp data/sample_submission.csv submission/submission.csv"
DAY = 86_400.0


class _Time:
    def __init__(self, left: float | None) -> None:
        self.limit, self.remaining = (None if left is None else DAY), left


class _Limits:
    def __init__(self, left: float | None) -> None:
        self.time = _Time(left)


@pytest.fixture
def with_time_left(monkeypatch: pytest.MonkeyPatch) -> Callable[[float | None], None]:
    """Sets the seconds that are left of a day."""

    def leave(left: float | None) -> None:
        for module in (commands, submitting):
            monkeypatch.setattr(module, "sample_limits", lambda: _Limits(left))

    return leave


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("verdict", "left", "answers", "ends"),
    [
        (VALID, 0.5 * DAY, ["done", "done"], [False, True]),
        (VALID, 0.05 * DAY, ["done"], [True]),
        (VALID, None, ["done"], [True]),
        (INVALID, 0.5 * DAY, ["done", "done", "done"], [False, False, False]),
        (INVALID, 0.05 * DAY, ["done", "done"], [False, False]),
        (INVALID, None, ["give_up: no data", "done", "give_up: no data"], [False, False, True]),
        (INVALID, 0.5 * DAY, ["done", "Give up - no data"], [False, True]),
        (INVALID, 0.5 * DAY, ["done", "give_up:", "I give up nothing"], [False, False, False]),
    ],
)
async def test_what_ends_a_run(
    monkeypatch: pytest.MonkeyPatch,
    with_time_left: Callable[[float | None], None],
    verdict: str | None,
    left: float | None,
    answers: list[str],
    ends: list[bool],
) -> None:
    async def check() -> str | None:
        return verdict

    monkeypatch.setattr(submitting, "what_is_wrong", check)
    monkeypatch.setattr(submitting, "note_end", lambda how, why: None)
    with_time_left(left)
    submit = submitting.submit()
    for answer, ended in zip(answers, ends, strict=True):
        if ended:
            await submit(answer=answer)
            continue
        with pytest.raises(ToolError) as refused:
            await submit(answer=answer)
        assert ("give_up:" in refused.value.message) == (verdict == INVALID)


def test_giving_up_is_offered_only_in_the_answer(tmp_path: Path, api: ChatApi) -> None:
    def script(request: Request) -> Reply:
        asked = "give_up:" in text_of(request)
        return calls(call("submit", {"answer": "give_up: the data is broken" if asked else "done"}))

    api.script = script
    log = run(tmp_path, react(), model=api.model(), allow_local=True, time_limit=240)
    (sample,) = log.samples or []
    assert "give_up" not in str(api.requests[0])
    assert (sample.store["AgentEnd:how"], sample.store["AgentEnd:why"]) == ("given_up", "the data is broken")
    assert value(log)["valid"] == 0


def said_nothing() -> AgentState:
    state = AgentState(messages=[])
    state.output = ModelOutput.from_content("m", "")
    state.messages.append(state.output.message)
    return state


def did(command: str, result: str) -> AgentState:
    state = AgentState(messages=[])
    state.output = ModelOutput.from_content("m", "")
    state.output.message.tool_calls = [ToolCall(id="1", function="bash", arguments={"command": command})]
    result_message = ChatMessageTool(content=result, function="bash", tool_call_id="1")
    state.messages += [state.output.message, result_message]
    return state


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Seconds of each pause; none is waited."""
    found: list[float] = []

    async def sleep(seconds: float) -> None:
        found.append(seconds)

    monkeypatch.setattr(anyio, "sleep", sleep)
    return found


@pytest.mark.anyio
async def test_silence_is_slowed_down_and_ended(
    pauses: list[float], monkeypatch: pytest.MonkeyPatch, with_time_left: Callable[[float | None], None]
) -> None:
    with_time_left(None)
    ends: list[str] = []
    monkeypatch.setattr(pace, "note_end", lambda how, why: ends.append(how))
    between = Pace("calling a tool", True, 0, 10)
    said = [await between(said_nothing()) for _ in range(10)]
    assert pauses == [1, 2, 4, 8, 16, 32, 60, 60]
    assert said[-1] is False
    assert all("Go on with the next step by calling a tool" in str(s) for s in said[:-1])
    assert ends == ["no_action"]


@pytest.mark.anyio
async def test_an_action_ends_silence_and_repetition_never_ends_a_run(
    pauses: list[float], with_time_left: Callable[[float | None], None]
) -> None:
    with_time_left(None)
    between = Pace("calling a tool", True, 0, 3)
    for number in range(20):
        assert await between(said_nothing() if number % 2 else did(f"echo {number}", "x")) is not False
    assert not pauses
    for _ in range(30):
        said = await between(did("tail log", "epoch 1"))
    assert max(pauses) == 60
    assert "the same" in str(said)
    assert await between(did("tail log", "epoch 2")) is True


@pytest.mark.anyio
async def test_what_was_not_understood_is_named_once(
    pauses: list[float], with_time_left: Callable[[float | None], None]
) -> None:
    with_time_left(None)
    between = Pace("writing a block", True, 0, 3)
    between.unread.append("a block `r` (blocks are bash, python)")
    said = await between(did("ls", "x"))
    assert said == "Not understood, and not acted upon: a block `r` (blocks are bash, python)."
    assert await between(did("ls -l", "x")) is True


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("left", "seconds"), [(None, 14_400), (DAY, 14_400), (3_600.0, 3_540), (100.0, 90), (3.0, 2), (0.0, 1)]
)
async def test_commands_end_before_the_run_does(
    with_time_left: Callable[[float | None], None], left: float | None, seconds: int
) -> None:
    with_time_left(left)
    assert commands.seconds_for(14_400) == seconds


class Box:
    """A sandbox in which each command ends in the same way."""

    def __init__(self, end: ExecResult[str] | Exception) -> None:
        self.end = end
        self.given: dict[str, Any] = {}

    async def exec(self, command: list[str], **given: Any) -> ExecResult[str]:
        self.given = given
        if isinstance(self.end, Exception):
            raise self.end
        return self.end


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("end", "shown"),
    [
        (ExecResult(False, 3, "one\n", "two\n"), "two\none\n[exit code 3]"),
        (ExecResult(True, 0, "", ""), "[exit code 0]"),
        (TimeoutError(), "[stopped after 540 seconds; put long work in the background]"),
        (OutputLimitExceededError("10 MiB", "yyy"), "yyy\n[more than 10 MiB of output; send it to a file]"),
    ],
)
async def test_how_a_command_ended_is_shown(
    monkeypatch: pytest.MonkeyPatch,
    with_time_left: Callable[[float | None], None],
    end: ExecResult[str] | Exception,
    shown: str,
) -> None:
    box = Box(end)
    monkeypatch.setattr(commands, "sandbox", lambda: box)
    with_time_left(600.0)
    assert await commands.run(["true"], 14_400) == shown
    assert box.given["timeout"] == 540
    assert box.given["timeout_retry"] is False  # a command may not be repeatable


def working(request: Request, window: int) -> Reply:
    """Writes notes, then much else; sums up when asked; ends when its notes come back to it."""
    text, sent = text_of(request), tokens_of(request)
    if sent > window:
        return error(400, f"maximum context length is {window} tokens, {sent} tokens", "context_length_exceeded")
    if "conversation becomes too long" in request["messages"][-1]["content"]:
        return says("SUMMARY of my work")
    if "Your notes file:\nfold 3 is best" in text:
        return calls(call("submit", {"answer": "done"}))
    if "notes written\n[exit" not in text:
        return acts(request, f"{COPY}; echo fold 3 is best > code/notes.md; echo notes written")
    return acts(request, f"seq {len(request['messages'])} 4000")


@pytest.mark.parametrize(("context_window", "window"), [(12_000, 1_000_000), (0, 12_000)])
def test_notes_come_back_where_messages_are_left_out(
    tmp_path: Path, api: ChatApi, monkeypatch: pytest.MonkeyPatch, context_window: int, window: int
) -> None:
    tables: list[str] = []
    monkeypatch.setattr(tiktoken, "get_encoding", tables.append)
    api.script = lambda request: working(request, window)
    agent = react(context_window=context_window)
    log = run(tmp_path, agent, model=api.model(), allow_local=True, time_limit=240)
    assert value(log)["valid"] == 1
    (sample,) = log.samples or []
    assert sample.store["AgentEnd:how"] == "submitted"
    assert not tables  # they are downloaded
    assert ("SUMMARY of my work" in text_of(api.requests[-1])) == bool(context_window)

"""What stands between scaffolds behind the bridge and models that misbehave, with the simplest of programs."""

from __future__ import annotations

from pathlib import Path

import pytest
from inspect_ai.agent import Agent, AgentState, agent
from inspect_ai.log import EvalLog
from inspect_ai.model import ChatMessageUser, GenerateConfig, ModelOutput, execute_tools, get_model
from inspect_ai.tool import Tool, ToolDef, ToolInfo, tool

from agents.chat_api import ChatApi, Reply, Request, call, calls, error
from agents.misbehaviour import KINDS
from agents.test_misbehaviour import Misbehaving, end_of, well_behaved
from mlebench_inspect.agents import gateway, pace
from mlebench_inspect.agents.commands import bash
from mlebench_inspect.agents.gateway import MOST_REJECTED, Gateway
from runs import run, score, value

TURNS = 12
IDLE_TURNS = 5
MOST_CALLS = 40
TAKEN = {
    *("arguments are a list", "wrong argument names", "wrong argument types"),
    *("NUL in a command", "submits too early"),
}
"""Calls that a program gets as they are, and is left to answer."""
FEW = [
    ("no message", "once"),
    ("refused by a content filter", "always"),
    ("a small window without figures", "always"),
    ("calls of one id", "once"),
    ("rate limit", "always"),
]
ALL = [(kind, often) for kind in KINDS for often in ("once", "always")]


@pytest.fixture(autouse=True)
def _short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pace, "LONGEST_PAUSE", 0.2)


@tool
def submit() -> Tool:
    async def execute(answer: str) -> str:
        """Ends the run.

        Args:
            answer: A word.
        """
        return answer

    return execute


def _info(one: Tool) -> ToolInfo:
    defined = ToolDef(one)
    return ToolInfo(name=defined.name, description=defined.description, parameters=defined.parameters)


@agent
def program(idle_turns: int = IDLE_TURNS, patience: int = 0) -> Agent:
    """Does what the model says, for so many turns, and gives up at an error; with patience it tries again before."""

    async def execute(state: AgentState) -> AgentState:
        passing, tools = Gateway(idle_turns), [bash(60), submit()]

        async def turn() -> bool:
            asked = [*state.messages]
            for tries in range(patience + 1):
                try:
                    output = await passing.generate(
                        get_model(), asked, [_info(t) for t in tools], None, GenerateConfig()
                    )
                    break
                except Exception as ex:
                    if tries == patience:
                        raise ValueError("no more patience") from ex
            state.messages.append(output.message)
            results, _ = await execute_tools(state.messages, tools)
            state.messages += results or [ChatMessageUser(content="Go on.")]
            return not any(m.role == "tool" and m.function == "submit" and not m.error for m in results)

        async def work() -> AgentState:
            for _ in range(TURNS):
                if not await turn():
                    break
            return state

        return await passing.run(work) or state

    return execute


def misbehave(tmp_path: Path, api: ChatApi, kind: str, often: str) -> EvalLog:
    api.script = Misbehaving(KINDS[kind], often)
    config = GenerateConfig(max_retries=1, attempt_timeout=2 if kind == "time-out" else None)
    log: EvalLog = run(tmp_path, program(), model=api.model(config=config), allow_local=True, time_limit=240)
    return log


def check(log: EvalLog, api: ChatApi, kind: str, often: str) -> None:
    """`submitted` is no end that is noted here, nor is the end of the program's turns."""
    expected = (
        {"time": "finished", "error": "error"}.get(KINDS[kind].end, KINDS[kind].end)
        if often == "always"
        else "finished"
    )
    if kind in TAKEN:
        expected = "finished"
    assert end_of(log) == expected, (log.samples or [])[0].error
    assert len(api.requests) <= MOST_CALLS
    if expected == "error":
        assert score(log).reason == "model_unavailable"
    elif not KINDS[kind].from_the_start:
        assert value(log)["valid"] == 1


@pytest.mark.parametrize(("kind", "often"), FEW)
def test_neither_ends_the_other(tmp_path: Path, api: ChatApi, kind: str, often: str) -> None:
    check(misbehave(tmp_path, api, kind, often), api, kind, often)


@pytest.mark.nightly
@pytest.mark.parametrize(("kind", "often"), [case for case in ALL if case not in FEW])
def test_neither_ever_ends_the_other(tmp_path: Path, api: ChatApi, kind: str, often: str) -> None:
    check(misbehave(tmp_path, api, kind, often), api, kind, often)


def test_a_rejected_request_is_the_program_s_to_send_anew(tmp_path: Path, api: ChatApi) -> None:
    rejected = error(400, "Invalid value for 'messages'")
    api.script = lambda request: rejected if len(api.requests) == 2 else well_behaved(request)
    log = run(tmp_path, program(patience=1), model=api.model(), allow_local=True, time_limit=240)
    assert end_of(log) == "finished"
    assert value(log)["valid"] == 1


@pytest.mark.parametrize("patience", [0, 100])
def test_requests_that_are_always_rejected_are_no_result(tmp_path: Path, api: ChatApi, patience: int) -> None:
    api.script = lambda request: error(400, "Invalid value for 'messages'")
    log = run(tmp_path, program(patience=patience), model=api.model(), allow_local=True, time_limit=240)
    assert score(log).reason == "model_unavailable"
    assert len(api.requests) == min(patience + 1, MOST_REJECTED)


def test_a_program_s_own_error_is_its_own(tmp_path: Path, api: ChatApi) -> None:
    """Also where the model has failed before."""

    def script(request: Request) -> Reply:
        if len(api.requests) == 1:
            return error(400, "Invalid value for 'messages'")
        return calls(call("bash", {"command": "true"}), call("submit", {"answer": "x"}))

    @agent
    def breaking() -> Agent:
        async def execute(state: AgentState) -> AgentState:
            await program(patience=1)(state)
            raise ValueError("out of ideas")

        return execute

    api.script = script
    log = run(tmp_path, breaking(), model=api.model(), allow_local=True, time_limit=240)
    assert end_of(log) == "error"
    assert score(log).reason != "model_unavailable"


@pytest.mark.anyio
async def test_a_result_is_the_same_whatever_a_program_writes_above_it(monkeypatch: pytest.MonkeyPatch) -> None:
    paused: list[int] = []

    async def pauses(turns: int) -> None:
        paused.append(turns)

    monkeypatch.setattr(gateway, "pause", pauses)
    output = ModelOutput.for_tool_call("model", "exec_command", {"cmd": "ls"})
    passed = Gateway()
    for turn in range(3):
        said = f"Chunk ID: 37bac{turn}\nWall time: 0.{turn} seconds\nProcess Group PGID: {turn}\ntrain.csv"
        await passed._pace(output, [ChatMessageUser(content=said)], True)
    await passed._pace(output, [ChatMessageUser(content="Wall time: 0.1 seconds\nepoch 2")], True)
    assert paused == [0, 1, 2, 0]

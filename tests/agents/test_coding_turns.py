"""Coding agents between their program and a model that misbehaves, with a stand-in for the program."""

from __future__ import annotations

from pathlib import Path

import pytest
from inspect_ai.agent import Agent, AgentState, agent
from inspect_ai.log import EvalLog
from inspect_ai.model import ChatMessage, ChatMessageTool, GenerateConfig, GenerateFilter, ModelOutput, get_model
from inspect_ai.tool import ToolCall, ToolInfo, ToolParams
from inspect_ai.util import JSONSchema, sandbox

from agents import scripted
from agents.chat_api import ChatApi, Reply, Request, call, calls, says, text_of
from agents.misbehaviour import KINDS
from agents.over_api import Misbehaving
from mlebench_inspect.agents import pace
from mlebench_inspect.agents.coding import work_to_the_end
from runs import run, score, value

COPY = "cp data/sample_submission.csv submission/submission.csv; echo 'accuracy 0.5'"
IDLE_TURNS = 3
MOST_CALLS = 100
"""In 30 seconds, with pauses of at most half a second."""
BASH = ToolInfo(
    name="Bash",
    description="Runs a command.",
    parameters=ToolParams(properties={"command": JSONSchema(type="string")}, required=["command"]),
)
FEW = [
    ("a refusal", "once"),
    ("no message", "once"),
    ("an empty message", "always"),
    ("server error", "always"),
]
ALL = [(kind, often) for kind in KINDS for often in ("once", "always")]


@pytest.fixture(autouse=True)
def _short(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pace, "LONGEST_PAUSE", 0.5)
    monkeypatch.setattr(scripted, "shell_solution", lambda: COPY)


async def carried_out(made: ToolCall) -> ChatMessageTool:
    command = made.arguments.get("command")
    if made.function != "Bash" or made.parse_error or not isinstance(command, str) or "\0" in command:
        return ChatMessageTool(content="There is no such call.", tool_call_id=made.id, function=made.function)
    done = await sandbox().exec(["bash", "-c", command.encode(errors="replace").decode()], timeout=60)
    return ChatMessageTool(content=done.stdout[-500:], tool_call_id=made.id, function=made.function)


def program(filter: GenerateFilter) -> Agent:
    """As the programs are: goes on while its model calls tools, ends when it speaks, drops calls of an id it knows."""
    known: set[str] = set()

    async def execute(state: AgentState) -> AgentState:
        messages: list[ChatMessage] = list(state.messages)
        while True:
            output = await filter(get_model(), messages, [BASH], None, GenerateConfig())  # type: ignore[arg-type]
            assert isinstance(output, ModelOutput)
            messages.append(output.message)
            if not output.message.tool_calls:
                return AgentState(messages=messages)
            messages += [await carried_out(c) for c in output.message.tool_calls if c.id not in known]
            known.update(c.id for c in output.message.tool_calls)

    return execute


@agent
def stand_in() -> Agent:
    async def execute(state: AgentState) -> AgentState:
        return await work_to_the_end(program, state, IDLE_TURNS)

    return execute


def run_stand_in(tmp_path: Path, api: ChatApi, kind: str, often: str) -> EvalLog:
    config = GenerateConfig(max_retries=1, attempt_timeout=5 if kind == "time-out" else None)
    limit = 30 if often == "always" and KINDS[kind].end != "error" else 300
    log: EvalLog = run(
        tmp_path,
        stand_in(),  # type: ignore[arg-type]
        model=api.model(config=config),
        allow_local=True,
        time_limit=limit,
    )
    return log


def end_of(log: EvalLog) -> str:
    """The name of how the agent's part ended; empty where nobody told it."""
    (sample,) = log.samples or []
    if sample.error:
        return score(log).reason or "error"
    return sample.limit.type if sample.limit else str(sample.store.get("AgentEnd:how", ""))


def check(log: EvalLog, api: ChatApi, kind: str, often: str) -> None:
    # a call that no program can carry out is told to the model, which may use all of its time
    ends = {
        "no_action": {"no_action", "submitted", "time"},
        "error": {"model_unavailable"},
        "time": {"time", "submitted"},
    }
    expected = ends[KINDS[kind].end] if often == "always" else {"submitted"}
    assert end_of(log) in expected, (log.samples or [])[0].error
    assert len(api.requests) <= MOST_CALLS
    assert end_of(log) == "model_unavailable" or value(log)["valid"] == 1


@pytest.mark.parametrize(("kind", "often"), FEW)
def test_a_coding_agent_outlasts_its_model(tmp_path: Path, api: ChatApi, kind: str, often: str) -> None:
    api.script = Misbehaving(KINDS[kind], often)
    check(run_stand_in(tmp_path, api, kind, often), api, kind, often)


@pytest.mark.nightly
@pytest.mark.parametrize(("kind", "often"), [case for case in ALL if case not in FEW])
def test_a_coding_agent_outlasts_every_model(tmp_path: Path, api: ChatApi, kind: str, often: str) -> None:
    api.script = Misbehaving(KINDS[kind], often)
    check(run_stand_in(tmp_path, api, kind, often), api, kind, often)


def test_an_end_without_a_submission_is_asked_back_and_may_be_given_up(tmp_path: Path, api: ChatApi) -> None:
    def script(request: Request) -> Reply:
        if "does not end without a valid submission" in text_of(request):
            return says("give_up: there is no data")
        return says("done") if len(api.requests) > 1 else calls(call("Bash", {"command": "ls"}))

    api.script = script
    log = run_stand_in(tmp_path, api, "a refusal", "once")
    assert end_of(log) == "given_up"
    assert (log.samples or [])[0].store.get("AgentEnd:why") == "there is no data"
    assert "there is no file" in text_of(api.requests[-1])
    assert len(api.requests) == 3


def test_a_program_that_does_not_go_on_is_not_started_for_ever(tmp_path: Path, api: ChatApi) -> None:
    api.script = lambda request: says("I would look at the data now.")
    log = run_stand_in(tmp_path, api, "a refusal", "always")
    assert end_of(log) == "no_action"
    assert len(api.requests) == IDLE_TURNS


def test_calls_of_one_id_in_every_turn_are_calls_of_their_own(tmp_path: Path, api: ChatApi) -> None:
    commands = ["ls", COPY]

    def script(request: Request) -> Reply:
        made = len(api.requests) - 1
        return calls(call("Bash", {"command": commands[made]}, "call_1")) if made < len(commands) else says("done")

    api.script = script
    log = run_stand_in(tmp_path, api, "a refusal", "once")
    assert end_of(log) == "submitted"
    assert "accuracy 0.5" in text_of(api.requests[-1])
    assert len(api.requests) == 3

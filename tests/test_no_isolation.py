"""Where a sandbox isolates nothing, no model is called, whatever way it is named."""

from __future__ import annotations

import contextlib
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import anyio
import pytest
from inspect_ai import eval as inspect_eval
from inspect_ai.agent import Agent, AgentState, agent, agent_bridge, as_solver
from inspect_ai.log import EvalLog
from inspect_ai.model import (
    ChatMessage,
    ChatMessageUser,
    GenerateConfig,
    ModelAPI,
    ModelOutput,
    get_model,
    modelapi,
)
from inspect_ai.solver import Generate, Solver, TaskState, solver
from inspect_ai.tool import ToolChoice, ToolInfo

from agents.scripted import says, scripted
from mlebench_inspect.benchmark import TASKS

ASKED: list[str] = []
LINE = "the local sandbox isolates nothing: the model counted/{name} could read the answers and change your files"


@modelapi("counted")
def counted() -> type[ModelAPI]:
    class Counted(ModelAPI):
        async def generate(
            self, input: list[ChatMessage], tools: list[ToolInfo], tool_choice: ToolChoice, config: GenerateConfig
        ) -> ModelOutput:
            ASKED.append(self.model_name)
            return ModelOutput.from_content(self.model_name, "hello")

        async def compact(self, *args: Any, **options: Any) -> Any:
            ASKED.append(self.model_name)
            return [], None

    return Counted


@pytest.fixture(autouse=True)
def asked() -> list[str]:
    ASKED.clear()
    return ASKED


async def argument() -> None:
    await get_model("counted/argument").generate("hi")


async def role() -> None:
    await get_model(role="helper").generate("hi")


async def loop() -> None:
    await get_model("counted/loop").generate_loop("hi")


async def beside() -> None:
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(get_model("counted/beside").generate, "hi")


async def compaction() -> None:
    await get_model("counted/compaction").compact([ChatMessageUser(content="hi")], [])


async def swallowed() -> None:
    with contextlib.suppress(Exception):
        await get_model("counted/swallowed").generate("hi")


async def bridge() -> None:
    from openai import AsyncOpenAI

    async with agent_bridge(AgentState(messages=[ChatMessageUser(content="hi")])), AsyncOpenAI(api_key="x") as client:
        await client.chat.completions.create(
            model="inspect/counted/bridge", messages=[{"role": "user", "content": "hi"}]
        )


WAYS = [argument, role, loop, beside, compaction, swallowed, bridge]


@solver
def calls(way: Callable[[], Awaitable[None]]) -> Solver:
    async def solve(state: TaskState, generate: Generate) -> TaskState:
        await way()
        return state

    return solve


@agent
def caller(way: Callable[[], Awaitable[None]]) -> Agent:
    async def execute(state: AgentState) -> AgentState:
        await way()
        return state

    return execute


def evaluate(tmp_path: Path, solver: Solver, *, model: str | None = None, **options: Any) -> EvalLog:
    task = TASKS["spaceship-titanic"](data="miniature", sandbox="local", hardware="lite", **options)
    roles = {"helper": "counted/role"}
    (log,) = inspect_eval(
        task,
        model=model,
        model_roles=roles,
        solver=solver,
        log_dir=str(tmp_path),
        display="none",  # type: ignore[arg-type]
    )
    return log


def is_refused(log: EvalLog, name: str) -> None:
    (sample,) = log.samples or []
    assert log.status == "error"
    assert sample.error is not None
    line = LINE.format(name=name)
    assert line in f"{sample.error.message} {sample.error.traceback}"
    score = (sample.scores or {})["mlebench"]
    assert isinstance(score.value, dict)
    assert score.value["medal"] == "unscored"
    assert line in (score.explanation or "")
    assert "-T allow_local=true" in (score.explanation or "")
    assert "\n" not in (score.explanation or "")


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("kind", ["solver", "agent"])
def test_no_model_is_called_without_isolation(
    tmp_path: Path, way: Callable[[], Awaitable[None]], kind: str, asked: list[str]
) -> None:
    acting = calls(way) if kind == "solver" else as_solver(caller(way))
    is_refused(evaluate(tmp_path, acting), way.__name__)
    assert asked == []


def test_the_evaluations_own_model_is_refused_at_once(tmp_path: Path, asked: list[str]) -> None:
    is_refused(evaluate(tmp_path, calls(anyio.lowlevel.checkpoint), model="counted/own"), "own")
    assert asked == []


@pytest.mark.parametrize("way", WAYS)
def test_a_user_may_insist(tmp_path: Path, way: Callable[[], Awaitable[None]], asked: list[str]) -> None:
    log = evaluate(tmp_path, calls(way), allow_local=True)
    (sample,) = log.samples or []
    assert asked == [way.__name__], sample.error
    assert (sample.scores or {})["mlebench"].value["medal"] == "none"  # type: ignore[index, call-overload]


def test_other_samples_may_call_their_models(tmp_path: Path, asked: list[str]) -> None:
    from inspect_ai import Task
    from inspect_ai.dataset import Sample

    evaluate(tmp_path / "a", calls(argument))
    (log,) = inspect_eval(
        Task(dataset=[Sample(input="x")], solver=calls(argument)), model=None, log_dir=str(tmp_path), display="none"
    )
    assert log.status == "success"
    assert asked == ["argument"]


def test_a_model_without_requests_may_be_called(tmp_path: Path) -> None:
    async def mock() -> None:
        assert (await scripted(lambda input, tools: says("hi")).generate("hi")).completion == "hi"

    log = evaluate(tmp_path, calls(mock))
    assert log.samples
    assert log.samples[0].error is None

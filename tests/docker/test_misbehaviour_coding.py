"""Coding agents under models that misbehave: whatever these do, runs end with a name, and what lies there is graded."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from inspect_ai.agent import Agent
from inspect_ai.log import EvalLog
from inspect_ai.model import GenerateConfig

from agents import scripted
from agents.chat_api import ChatApi
from agents.misbehaviour import KINDS
from agents.over_api import EachInTurn, Misbehaving
from mlebench_inspect.agents import claude_code, codex, gemini_cli, opencode, pace
from mlebench_inspect.sandboxes.building import IMAGES, build, image_exists
from runs import run, score, value

pytestmark = pytest.mark.docker

AGENTS: dict[str, Callable[..., Agent]] = {
    "claude-code": claude_code,
    "codex": codex,
    "gemini-cli": gemini_cli,
    "opencode": opencode,
}
IDLE_TURNS = 3
MOST_CALLS = {"once": 40, "always": 100}
"""Of runs that do little: a copy, and waiting for it."""
COPY = "cp /home/data/sample_submission.csv /home/submission/submission.csv; echo 'accuracy 0.5'"
FEW = [("claude-code", "a refusal", "once"), ("codex", "an empty message", "once")]
ALL = [(agent, kind, often) for often in ("once", "always") for agent in AGENTS for kind in KINDS]


@pytest.fixture(autouse=True)
def _short(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pace, "LONGEST_PAUSE", 0.5)
    monkeypatch.setattr(scripted, "shell_solution", lambda: COPY)


def run_agent(tmp_path: Path, api: ChatApi, agent: str, limit: int, **config: int | None) -> EvalLog:
    image = IMAGES[agent] if image_exists(IMAGES[agent]) else build(agent, quiet=True)
    log: EvalLog = run(
        tmp_path,
        AGENTS[agent](idle_turns=IDLE_TURNS),  # type: ignore[arg-type]
        sandbox="docker",
        image=image,
        model=api.model(config=GenerateConfig.model_validate({"max_retries": 1, "attempt_timeout": 20, **config})),
        time_limit=limit,
    )
    return log


def misbehave(tmp_path: Path, api: ChatApi, agent: str, kind: str, often: str) -> EvalLog:
    api.script = Misbehaving(KINDS[kind], often)
    patience = 5 if kind == "time-out" else None
    return run_agent(tmp_path, api, agent, 600 if often == "once" else 120, attempt_timeout=patience)


def end_of(log: EvalLog) -> str:
    """The name of how the agent's part ended; empty where nobody told it."""
    (sample,) = log.samples or []
    if sample.error:
        return score(log).reason or "error"
    return sample.limit.type if sample.limit else str(sample.store.get("AgentEnd:how", ""))


def check(log: EvalLog, api: ChatApi, often: str) -> None:
    (sample,) = log.samples or []
    ends = {
        "once": {"submitted"},
        "always": {"submitted", "no_action", "window_too_small", "time", "model_unavailable"},
    }
    assert end_of(log) in ends[often], sample.error
    assert len(api.requests) <= MOST_CALLS[often]
    assert value(log)["valid"] or end_of(log) == "model_unavailable"


@pytest.mark.parametrize(("agent", "kind", "often"), FEW)
def test_a_run_of_a_coding_agent_ends_well(tmp_path: Path, api: ChatApi, agent: str, kind: str, often: str) -> None:
    check(misbehave(tmp_path, api, agent, kind, often), api, often)


@pytest.mark.nightly
@pytest.mark.parametrize(("agent", "kind", "often"), [case for case in ALL if case not in FEW])
def test_every_run_ends_well(tmp_path: Path, api: ChatApi, agent: str, kind: str, often: str) -> None:
    check(misbehave(tmp_path, api, agent, kind, often), api, often)


@pytest.mark.nightly
@pytest.mark.parametrize("agent", AGENTS)
def test_a_run_outlasts_every_kind_in_turn(tmp_path: Path, api: ChatApi, agent: str) -> None:
    script = api.script = EachInTurn(list(KINDS.values()))
    log = run_agent(tmp_path, api, agent, 3600)
    assert end_of(log) == "submitted", (log.samples or [])[0].error
    assert value(log)["valid"]
    assert not script.left

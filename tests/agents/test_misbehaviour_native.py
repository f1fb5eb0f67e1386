"""The misbehaving models with `mlab` and `search`: the run ends with a name, and what lies in place is graded."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from inspect_ai.agent import Agent
from inspect_ai.log import EvalLog
from inspect_ai.model import GenerateConfig

from agents import misbehaviour
from agents.chat_api import ChatApi, Reply, Request
from agents.misbehaviour import Kind
from agents.native import kinds_of, mlab_work, search_work
from agents.test_misbehaviour import end_of
from mlebench_inspect.agents import mlab, pace, search
from mlebench_inspect.agents.search import engineer as asking
from runs import run, score, value

AGENTS: dict[str, Callable[[], Agent]] = {
    "mlab": lambda: mlab(idle_turns=6),
    "search": lambda: search(policy="greedy", max_steps=500, drafts=2, parallel=1),
}
SHORT = {"search": lambda: search(policy="greedy", max_steps=3, drafts=2, parallel=1, ensembles=0)}
WORK = {"mlab": (mlab_work, 5), "search": (search_work, 1)}
"""What does the work, and after how many calls there is a submission."""
MOST_CALLS = {"error": 20, "no_action": 40, "time": 120}
MOST_TOO_LONG = 10
WINDOW = 2_500
"""Tokens: less than the first question has."""
FEW = [
    ("mlab", "submits too early", "once"),
    ("mlab", "a small window without figures", "always"),
    ("search", "lone surrogates", "once"),
    ("search", "server error", "always"),
]
ALL = [(s, kind, often) for s in AGENTS for kind in kinds_of(s) for often in ("once", "always")]


@pytest.fixture(autouse=True)
def _short_pauses_and_windows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pace, "LONGEST_PAUSE", 1.0)
    monkeypatch.setattr(asking, "PAUSES", (0.0,))
    monkeypatch.setattr(misbehaviour, "WINDOW", WINDOW)


class Misbehaving:
    """Does its work, and misbehaves: in its first and its third turn, or in all after its work."""

    def __init__(self, scaffold: str, kind: Kind, often: str) -> None:
        self._kind, self._often, self._calls = kind, often, 0
        self._work, after = WORK[scaffold]
        self._after = 0 if kind.from_the_start else after

    def __call__(self, request: Request) -> Reply:
        self._calls += 1
        bad = self._calls in (1, 3) if self._often == "once" else self._calls > self._after
        return (self._kind.reply(request) if bad else None) or self._work(request)


def misbehave(tmp_path: Path, api: ChatApi, scaffold: str, kind: str, often: str) -> EvalLog:
    found = kinds_of(scaffold)[kind]
    api.script = Misbehaving(scaffold, found, often)
    config = GenerateConfig(max_retries=1, attempt_timeout=2 if kind == "time-out" else None)
    agent = SHORT[scaffold]() if often == "once" and scaffold in SHORT else AGENTS[scaffold]()
    ends_by_itself = often == "once" or found.end != "time"
    options: dict[str, Any] = {"allow_local": True, "time_limit": 240 if ends_by_itself else 40}
    return run(tmp_path, agent, model=api.model(config=config), **options)  # type: ignore[arg-type]


def check(log: EvalLog, api: ChatApi, scaffold: str, kind: str, often: str) -> None:
    found = kinds_of(scaffold)[kind]
    ended = end_of(log)
    usual = "submitted" if scaffold == "mlab" else "steps_used"
    windows = "window" in kind
    expected: set[str] = {usual} if often == "once" else {"submitted", "time", "time_used"} if windows else {found.end}
    if "time" in expected:
        expected.add("time_used")
    (sample,) = log.samples or []
    assert ended in expected, sample.error
    assert len(api.requests) <= MOST_CALLS.get(ended, 120)
    if windows:
        assert 0 < sum(misbehaviour.tokens_of(r) > WINDOW for r in api.requests) <= MOST_TOO_LONG
    if ended == "error":
        assert score(log).reason == "model_unavailable"
    else:
        assert value(log)["valid"] == (often == "once" or not found.from_the_start)


@pytest.mark.parametrize(("scaffold", "kind", "often"), FEW)
def test_a_native_run_ends_well(tmp_path: Path, api: ChatApi, scaffold: str, kind: str, often: str) -> None:
    check(misbehave(tmp_path, api, scaffold, kind, often), api, scaffold, kind, often)


@pytest.mark.nightly
@pytest.mark.parametrize(("scaffold", "kind", "often"), [case for case in ALL if case not in FEW])
def test_every_native_run_ends_well(tmp_path: Path, api: ChatApi, scaffold: str, kind: str, often: str) -> None:
    check(misbehave(tmp_path, api, scaffold, kind, often), api, scaffold, kind, often)

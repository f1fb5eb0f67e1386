"""Scaffolds behind the bridge, under models that misbehave: whatever these do, runs end with a name and are graded."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from inspect_ai.agent import Agent
from inspect_ai.log import EvalLog, EvalSample
from inspect_ai.model import GenerateConfig

from agents import scripted
from agents.chat_api import ChatApi
from agents.misbehaviour import KINDS
from agents.over_api import EachInTurn, Misbehaving
from mlebench_inspect.agents import aide, mini_swe_agent, openhands, pace
from mlebench_inspect.sandboxes.building import IMAGES, build, image_exists
from runs import run, score, value

pytestmark = pytest.mark.docker

LIMIT = 2400  # generous: no end here hangs on the host's speed
TOKENS = 120
"""Of each answer that is none of an error."""
MOST_CALLS = 60
COPY = """\
import shutil

shutil.copy("{data}/sample_submission.csv", "{submission}")
print("accuracy 0.9")
"""

SCAFFOLDS: dict[str, Callable[[], Agent]] = {
    "aide": lambda: aide(steps=2, idle_turns=6),
    "openhands": lambda: openhands(idle_turns=6),
    "mini-swe-agent": lambda: mini_swe_agent(idle_turns=6),
}
FEW = [
    ("mini-swe-agent", "wrong argument types", "once"),
    ("mini-swe-agent", "rate limit", "always"),
    ("openhands", "no message", "once"),
    ("aide", "refused by a content filter", "once"),
]
ALL = [(scaffold, kind, often) for scaffold in SCAFFOLDS for kind in KINDS for often in ("once", "always")]


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Short pauses, and solutions that load no library."""
    monkeypatch.setattr(pace, "LONGEST_PAUSE", 0.5)
    monkeypatch.setattr(scripted, "SOLUTION", COPY)


def run_in_image(tmp_path: Path, api: ChatApi, scaffold: str, solver: Agent, **options: Any) -> EvalLog:
    """A run of one sample in the scaffold's image, which is built if it is missing."""
    image = IMAGES[scaffold] if image_exists(IMAGES[scaffold]) else build(scaffold, quiet=True)
    model = api.model(config=GenerateConfig(max_retries=1, attempt_timeout=20))
    options = {"sandbox": "docker", "image": image, "model": model, "time_limit": LIMIT, **options}
    log: EvalLog = run(tmp_path, solver, **options)  # type: ignore[arg-type]
    return log


def misbehave(tmp_path: Path, api: ChatApi, scaffold: str, kind: str, often: str) -> EvalLog:
    """A run whose model misbehaves; one that acts for ever is ended by a limit of tokens, whatever the host's speed."""
    api.script = Misbehaving(KINDS[kind], often)
    limit = 20 * TOKENS if often == "always" else None
    return run_in_image(tmp_path, api, scaffold, SCAFFOLDS[scaffold](), token_limit=limit)


def end_of(sample: EvalSample) -> str:
    """The name of how the run ended: an error, a limit, what is told in the transcript."""
    if sample.error:
        return "error"
    if sample.limit:
        return str(sample.limit.type)
    told = [e.data for e in sample.events if e.event == "info" and isinstance(e.data, dict) and "end" in e.data]
    return " ".join(str(data["end"]) for data in told if isinstance(data, dict))


def check(log: EvalLog, api: ChatApi, kind: str, often: str) -> None:
    (sample,) = log.samples or []
    end = end_of(sample)
    if often == "once":
        assert end in ("finished", "steps_used"), sample.error
        assert value(log)["valid"] == 1
        return
    assert end
    assert len(api.requests) <= MOST_CALLS
    if end == "error":
        assert score(log).reason == "model_unavailable", sample.error
    else:
        assert KINDS[kind].end != "error"
        assert value(log)["valid"] == 1


@pytest.mark.parametrize(("scaffold", "kind", "often"), FEW)
def test_a_run_ends_well(tmp_path: Path, api: ChatApi, scaffold: str, kind: str, often: str) -> None:
    check(misbehave(tmp_path, api, scaffold, kind, often), api, kind, often)


@pytest.mark.nightly
@pytest.mark.parametrize(("scaffold", "kind", "often"), [case for case in ALL if case not in FEW])
def test_every_run_ends_well(tmp_path: Path, api: ChatApi, scaffold: str, kind: str, often: str) -> None:
    check(misbehave(tmp_path, api, scaffold, kind, often), api, kind, often)


@pytest.mark.nightly
@pytest.mark.parametrize("scaffold", SCAFFOLDS)
def test_one_run_outlasts_every_kind(tmp_path: Path, api: ChatApi, scaffold: str) -> None:
    """Twice, so that of AIDE's drafts and reviews, which take turns, either has each."""
    api.script = script = EachInTurn([*KINDS.values()] * 2)
    solver = aide(steps=2 * len(KINDS)) if scaffold == "aide" else SCAFFOLDS[scaffold]()
    log = run_in_image(tmp_path, api, scaffold, solver, time_limit=4 * LIMIT)
    (sample,) = log.samples or []
    assert not sample.error
    assert not sample.limit
    assert not script.left
    assert value(log)["valid"] == 1

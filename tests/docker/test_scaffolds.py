"""Scaffolds in Docker, without a network: from the prompt to a graded submission, with a scripted model."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from inspect_ai.agent import Agent, deepagent
from inspect_ai.agent import react as inspect_react
from inspect_ai.log import EvalLog
from inspect_ai.solver import Solver, SolverSpec
from inspect_ai.tool import bash

from agents.scripted import any_scaffold, scripted
from mlebench_inspect.agents import (
    aide,
    baseline,
    bridged,
    claude_code,
    codex,
    dummy,
    gemini_cli,
    mini_swe_agent,
    mlab,
    opencode,
    openhands,
    react,
    search,
)
from mlebench_inspect.reporting.comparison import compare
from mlebench_inspect.reporting.results import read_results
from mlebench_inspect.sandboxes.building import IMAGES, SCAFFOLDS, BuildError, build, image_exists
from mlebench_inspect.sandboxes.compose import LIGHT_IMAGE
from runs import run, score, value

pytestmark = pytest.mark.docker

_USER_FILE = Path(__file__).with_name("user_agents.py")
# generous: these runs take half a minute each on a machine with nothing else to do
LIMIT = 900
_OFFLINE = re.compile(r"name resolution|NewConnectionError|ENOTFOUND|EAI_AGAIN|ECONN|ETIMEDOUT", re.IGNORECASE)


@pytest.fixture(scope="session")
def image() -> Callable[[str], str]:
    """`image(scaffold)`: the name of its image, built if it is missing."""

    @functools.cache
    def make(scaffold: str) -> str:
        if scaffold not in SCAFFOLDS:
            return LIGHT_IMAGE
        if image_exists(IMAGES[scaffold]):
            return IMAGES[scaffold]
        try:
            return build(scaffold, quiet=True)
        except BuildError as ex:
            if not _OFFLINE.search(str(ex)):
                raise
            pytest.skip(f"{IMAGES[scaffold]} is not built, and the registry of its packages cannot be reached")

    return make


def _solver(name: str) -> Solver | Agent | SolverSpec:
    solvers: dict[str, Callable[[], Any]] = {
        "aide": lambda: aide(steps=1),
        "baseline": baseline,
        "claude-code": claude_code,
        "codex": codex,
        "dummy": dummy,
        "gemini-cli": gemini_cli,
        "inspect-deepagent": lambda: deepagent(tools=[bash()], compaction=None),
        "inspect-react": lambda: inspect_react(tools=[bash()]),
        "mini-swe-agent": mini_swe_agent,
        "mlab": mlab,
        "opencode": opencode,
        "openhands": openhands,
        "react": lambda: react(compaction=0),
        "search": lambda: search(policy="greedy", max_steps=2, drafts=2, parallel=2, review=False),
        "user-agent": lambda: SolverSpec(f"{_USER_FILE}@own_agent"),
        "user-solver": lambda: SolverSpec(f"{_USER_FILE}@own_solver"),
    }
    return solvers[name]()  # type: ignore[no-any-return]


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory, image: Callable[[str], str]) -> Callable[[str], EvalLog]:
    """`runs(scaffold)`: the log of its run over the same sample, made once."""

    @functools.cache
    def make(name: str) -> EvalLog:
        return run(
            tmp_path_factory.mktemp(name),
            _solver(name),  # type: ignore[arg-type]
            sandbox="docker",
            image=image(name),
            model=None if name in ("baseline", "dummy") else scripted(any_scaffold),
            time_limit=LIMIT,
        )

    return make


@pytest.mark.parametrize(
    ("name", "least_calls"),
    [
        ("react", 3),
        ("aide", 2),
        ("mlab", 5),
        ("openhands", 2),
        ("mini-swe-agent", 2),
        ("search", 2),
        ("claude-code", 2),
        ("codex", 2),
        ("gemini-cli", 2),
        ("opencode", 2),
        ("inspect-react", 2),
        ("inspect-deepagent", 2),
        ("user-agent", 2),
        ("user-solver", 1),
    ],
)
def test_scaffold_beats_the_sample_submission(name: str, least_calls: int, runs: Callable[[str], EvalLog]) -> None:
    log = runs(name)
    assert log.status == "success"
    (sample,) = log.samples or []
    assert sample.error is None
    assert sample.limit is None
    assert value(log)["score"] > value(runs("dummy"))["score"] + 0.1
    calls = [e for e in sample.events if e.event == "model"]
    assert len(calls) >= least_calls
    assert sum(u.total_tokens for u in log.stats.model_usage.values()) == 120 * len(calls)


def test_runs_differ_in_the_solver_alone(runs: Callable[[str], EvalLog]) -> None:
    names = ["react", "aide", "mlab", "openhands", "mini-swe-agent", "search", "user-agent", "baseline", "dummy"]
    logs = [runs(name) for name in names]
    assert len({log.eval.solver for log in logs}) == len(names)
    for log in logs[1:]:
        assert log.eval.task == logs[0].eval.task
        assert log.eval.dataset == logs[0].eval.dataset
        assert log.eval.scorers == logs[0].eval.scorers
        (sample,), (first,) = log.samples or [], logs[0].samples or []
        assert sample.input == first.input
        assert sample.metadata["hardware"] == first.metadata["hardware"]
    (table,) = compare(read_results([Path(log.location) for log in logs]))
    assert table.competitions == ["spaceship-titanic"]
    assert len({row.solver for row in table.rows}) == len(names)


def _in_place_of_the_runner(monkeypatch: pytest.MonkeyPatch, then: str) -> None:
    copy = "import shutil; shutil.copy('/home/data/sample_submission.csv', '/home/submission/submission.csv')\n"
    monkeypatch.setattr(bridged, "guest_file", lambda name: copy + then)


def test_a_crashed_scaffold_is_scored_with_what_it_had(
    tmp_path: Path, image: Callable[[str], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    _in_place_of_the_runner(monkeypatch, "raise SystemExit('no more ideas')")
    log = run(tmp_path, aide(), sandbox="docker", image=image("aide"), model=scripted(any_scaffold), time_limit=LIMIT)
    (sample,) = log.samples or []
    assert sample.error is not None
    assert "aide ended with code 1: no more ideas" in sample.error.message
    assert value(log)["valid"] == 1


def test_a_hanging_scaffold_is_scored_at_its_time_limit(
    tmp_path: Path, image: Callable[[str], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    _in_place_of_the_runner(monkeypatch, "import time; time.sleep(100_000)")
    log = run(tmp_path, aide(), sandbox="docker", image=image("aide"), model=scripted(any_scaffold), time_limit=60)
    (sample,) = log.samples or []
    assert sample.error is None
    assert sample.limit is not None
    assert sample.limit.type == "time"
    assert value(log)["valid"] == 1


@pytest.mark.parametrize("name", SCAFFOLDS)
def test_a_scaffold_that_is_not_in_the_image_names_the_command(name: str, tmp_path: Path) -> None:
    solver = _solver(name)
    log = run(tmp_path, solver, sandbox="docker", model=scripted(any_scaffold), time_limit=LIMIT)  # type: ignore[arg-type]
    (sample,) = log.samples or []
    assert sample.error is not None
    assert f"mlebench-inspect build {name}" in sample.error.message
    assert f"-T image=mlebench-inspect-{name}" in sample.error.message


@pytest.mark.parametrize(
    ("agent", "layer", "ours"),
    [
        ("claude_code", "claude-code", "claude_code"),
        ("codex_cli", "codex", "codex"),
        ("gemini_cli", "gemini-cli", "gemini_cli"),
        ("mini_swe_agent", "mini-swe-agent", "mini_swe_agent"),
        ("opencode", "opencode", "opencode"),
    ],
)
def test_an_agent_that_this_host_cannot_fetch_names_the_command(
    agent: str, layer: str, ours: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for variable in ("HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY"):
        for name in (variable, variable.lower()):
            monkeypatch.setenv(name, "http://127.0.0.1:9")  # as on a host without a network
    solver = SolverSpec(f"inspect_swe/{agent}")
    log = run(tmp_path, solver, sandbox="docker", model=scripted(any_scaffold), time_limit=LIMIT)  # type: ignore[arg-type]
    (sample,) = log.samples or []
    assert sample.error is not None
    assert f"{agent} is not in this sandbox's image" in sample.error.message
    assert f"`mlebench-inspect build {layer}`" in sample.error.message
    assert f"`--solver mlebench_inspect/{ours} -T image=mlebench-inspect-{layer}`" in sample.error.message
    assert score(log).reason == "setup_failed"

"""Scores of whole runs: limits, explanations, grading again, and runs that were killed."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from inspect_ai import eval as inspect_eval
from inspect_ai.log import EvalLog, list_eval_logs, read_eval_log
from inspect_ai.model import ModelCost, ModelInfo, ModelOutput, ModelUsage, get_model, set_model_info
from inspect_ai.solver import Generate, Solver, TaskState, solver

from logs import graded
from mlebench_inspect.agents import dummy
from mlebench_inspect.benchmark import DAY, TASKS
from mlebench_inspect.reporting.figures import report
from mlebench_inspect.reporting.results import read_results
from mlebench_inspect.run.scoring import explain, score_of
from mlebench_inspect.tasks import competition
from runs import run, score, shell, value

COPY = "cp data/sample_submission.csv submission/submission.csv"


@pytest.fixture(autouse=True)
def _data_folder(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLEBENCH_DATA_DIR", str(tmp_path_factory.getbasetemp() / "data"))


def submits_and_goes_on(pause: float = 0) -> Any:
    """A model that puts a valid submission in place and then works for ever."""

    def answer(*arguments: Any) -> ModelOutput:
        if pause:
            time.sleep(pause)
        output = ModelOutput.for_tool_call("mockllm", "bash", {"command": COPY})
        output.usage = ModelUsage(input_tokens=1000, output_tokens=100, total_tokens=1100)
        return output

    return get_model("mockllm/model", custom_outputs=answer)


def limited(tmp_path: Path, model: Any = None, **limits: Any) -> EvalLog:
    task = TASKS["spaceship-titanic"](data="miniature", sandbox="local", hardware="lite")
    model = model or submits_and_goes_on()
    (log,) = inspect_eval(task, model=model, log_dir=str(tmp_path / "logs"), display="none", **limits)
    return log


@pytest.mark.parametrize(
    ("kind", "limits"),
    [
        ("message", {"message_limit": 12}),
        ("token", {"token_limit": 10_000}),
        ("cost", {"cost_limit": 0.05}),
        ("time", {"time_limit": 60}),
        ("working", {"working_limit": 20}),
    ],
)
def test_every_limit_ends_in_a_score(tmp_path: Path, kind: str, limits: dict[str, Any]) -> None:
    price = ModelCost(input=10, output=10, input_cache_read=0, input_cache_write=0)
    set_model_info("mockllm/model", ModelInfo(cost=price))
    log = limited(tmp_path, submits_and_goes_on(0.5) if kind in ("time", "working") else None, **limits)
    assert log.status == "success"
    assert log.samples
    assert log.samples[0].error is None
    assert log.samples[0].limit is not None
    assert log.samples[0].limit.type == kind
    assert value(log)["valid"] == 1


def test_a_day_and_no_other_limit_by_default(tmp_path: Path) -> None:
    log = run(tmp_path, dummy())
    config = log.eval.config
    assert config.time_limit == DAY == 86400
    assert config.message_limit is config.token_limit is config.cost_limit is config.working_limit is None
    assert log.samples
    assert "Time: 24 hours from the start" in log.samples[0].messages[0].text
    about = score(log).metadata or {}
    assert about["time_limit"] == 86400
    assert about["seconds"] >= 0
    assert about["hardware"]


def test_the_agent_is_told_a_changed_limit(tmp_path: Path) -> None:
    log = run(tmp_path, dummy(), time_limit=5400)
    assert log.samples
    assert "Time: 1 hour 30 minutes from the start" in log.samples[0].messages[0].text


@pytest.mark.parametrize(
    ("letter", "words", "answer"),
    [
        ("g", ["**Gold medal**", "higher is better"], "Gold medal (accuracy "),
        ("s", ["**Silver medal**", "short of gold"], " short of gold (accuracy "),
        ("b", ["**Bronze medal**", "short of silver"], " short of silver (accuracy "),
        ("n", ["**No medal**", "short of bronze"], " short of bronze (accuracy "),
        ("x", ["**Invalid submission**", "the header is wrong"], "Invalid: the header is wrong"),
        ("-", ["**No submission**", "there is no file"], "No submission: there is no file"),
    ],
)
def test_an_explanation_says_tier_and_distance_or_what_is_wrong(letter: str, words: list[str], answer: str) -> None:
    found = competition("spaceship-titanic")
    text = explain(graded(found.id, letter), found)
    assert all(w in text for w in words)
    assert ("| gold |" in text) == (letter in "gsbn")
    told = score_of(graded(found.id, letter), found, {}).answer or ""
    assert answer in told
    assert told.index(answer.strip()) < 10  # the viewer's list cuts the rest


def test_the_score_stands_between_the_thresholds() -> None:
    for name, order in (("spaceship-titanic", False), ("nomad2018-predict-transparent-conductors", True)):
        found = competition(name)
        middle = (found.thresholds.gold + found.thresholds.silver) / 2
        text = explain(found.report(middle, exists=True, error=None), found)
        places = [line.split("|")[1].strip() for line in text.splitlines() if line.startswith("| ")][1:]
        assert places == ["gold", "**this submission**", "silver", "bronze", "median team"]
        assert found.higher_is_better != order


INSPECT = [str(Path(sys.executable).with_name("inspect"))]  # not -m: that would put a checkout's folders on the path


def inspect(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    command = [*INSPECT, *map(str, arguments), "--display", "plain"]
    return subprocess.run(command, capture_output=True, text=True, timeout=300)


@pytest.fixture
def finished(tmp_path: Path) -> EvalLog:
    return run(tmp_path, shell(COPY))


def test_inspect_score_needs_no_sandbox_and_no_options(tmp_path: Path, finished: EvalLog) -> None:
    target = tmp_path / "again.eval"
    scorer = ["--scorer", "mlebench_inspect/mlebench", "--action", "overwrite"]
    result = inspect("score", finished.location, *scorer, "--output-file", target)
    assert target.exists(), result.stderr
    again = read_eval_log(str(target))
    assert str(value(again)) == str(value(finished))
    assert (score(again).metadata or {})["data"] == "miniature"
    assert again.results
    assert finished.results
    assert again.results.scores[0].metrics["any_medal"] == finished.results.scores[0].metrics["any_medal"]


def test_inspect_score_with_another_revision_says_so(tmp_path: Path, finished: EvalLog) -> None:
    TASKS["spaceship-titanic"](data="miniature", sandbox="local", revision="v2")  # makes the data
    target = tmp_path / "regraded/again.eval"
    target.parent.mkdir()
    scorer = ["--scorer", "mlebench_inspect/mlebench", "-S", "revision=v2", "--action", "overwrite"]
    result = inspect("score", finished.location, *scorer, "--output-file", target)
    assert score(read_eval_log(str(target))).reason == "answers_changed", result.stderr
    target.unlink()
    scorer += ["-S", "accept_answers=true"]
    result = inspect("score", finished.location, *scorer, "--output-file", target)
    assert target.exists(), result.stderr
    (found,) = report(read_results([target]))
    assert found.revision == "v2 (run on v1)"


@solver
def crash() -> Solver:
    async def solve(state: TaskState, generate: Generate) -> TaskState:
        raise RuntimeError("the agent crashed")

    return solve


def test_what_crashed_before_a_submission_scores_as_none(tmp_path: Path) -> None:
    log = run(tmp_path, crash())
    assert value(log)["made"] == 0
    assert log.results
    assert log.results.scores[0].metrics["any_medal"].value == 0


RUN = ["mlebench_inspect/all", "-T", "data=miniature", "-T", "sandbox=local", "--epochs", "2", "--max-samples", "1"]
RUN += ["-T", "competitions=spaceship-titanic,random-acts-of-pizza,spooky-author-identification"]
RUN += ["--solver", "mlebench_inspect/dummy", "--model", "none", "--log-buffer", "1"]


def newest(folder: Path) -> str:
    return max((i.name for i in list_eval_logs(str(folder))), default="")


def killed_after_a_moment(folder: Path, delay: float, *command: str) -> bool:
    """Runs Inspect and kills it some time after its log appeared; False if it was done before that."""
    before = newest(folder)
    process = subprocess.Popen(
        [*INSPECT, *command, "--log-dir", str(folder), "--display", "none"],
        start_new_session=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        while newest(folder) == before and process.poll() is None:
            time.sleep(0.05)
        time.sleep(delay)
        return process.poll() is None
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def plain(log: EvalLog) -> dict[str, float]:
    assert log.status == "success"
    assert log.results
    return {k: m.value for k, m in log.results.scores[0].metrics.items()}


SPENT = {"hours": True, "tokens": True, "per_competition": {"__all__": {"seconds", "tokens"}}}


def test_ten_kills_change_no_figure(tmp_path: Path) -> None:
    """About 60 seconds on an idle machine: Inspect is started twelve times."""
    whole, broken = tmp_path / "whole", tmp_path / "broken"
    result = inspect("eval", *RUN, "--log-dir", whole)
    assert newest(whole), result.stdout + result.stderr
    undisturbed = read_eval_log(newest(whole))
    assert plain(undisturbed)["valid"] == 100
    rng = random.Random(0)
    kills = killed_after_a_moment(broken, rng.uniform(0, 1.5), "eval", *RUN)
    for _ in range(9):
        kills += killed_after_a_moment(broken, rng.uniform(0, 1.5), "eval-retry", newest(broken), "--log-buffer", "1")  # type: ignore[assignment]
    assert kills == 10
    inspect("eval-retry", newest(broken), "--log-dir", broken)
    assert plain(read_eval_log(newest(broken))) == plain(undisturbed)
    reports = [report(read_results([folder]))[0] for folder in (whole, broken)]
    left_out: Callable[[Any], Any] = lambda r: r.model_dump(exclude=SPENT)  # noqa: E731
    assert left_out(reports[0]) == left_out(reports[1])

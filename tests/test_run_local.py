"""Whole runs in the local sandbox: what agents do, and the score it earns."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from mlebench_inspect._inspect import prerequisite_error
from mlebench_inspect.agents import baseline, dummy
from runs import run, score, shell, value

COPY = "cp data/sample_submission.csv submission/submission.csv"


def test_baseline_learns_and_dummy_does_not(tmp_path: Path) -> None:
    log = run(tmp_path, baseline())
    assert log.status == "success"
    assert value(log)["score"] > 0.7
    assert value(log)["valid"] == value(log)["made"] == 1
    assert value(run(tmp_path, dummy()))["score"] < 0.65


def test_miniature_results_say_so(tmp_path: Path) -> None:
    log = run(tmp_path, dummy())
    assert log.eval.metadata is not None
    assert log.eval.metadata["data"] == "miniature"
    assert "miniature" in (log.eval.tags or [])
    assert (score(log).metadata or {})["data"] == "miniature"
    assert "Miniature" in (score(log).explanation or "")


@pytest.mark.parametrize(
    ("script", "made", "words"),
    [
        ("true", 0, "there is no file"),
        ("echo a,b > submission/submission.csv", 1, "PassengerId"),
        ("ln -s ../data/sample_submission.csv submission/submission.csv", 1, "symbolic link"),
        ("mkdir submission/submission.csv", 1, "regular file"),
        ("mkfifo submission/submission.csv", 1, "regular file"),
    ],
)
def test_agent_faults_are_scored_without_a_medal(tmp_path: Path, script: str, made: int, words: str) -> None:
    log = run(tmp_path, shell(script))
    assert log.status == "success"
    assert log.samples
    assert log.samples[0].error is None
    assert value(log)["medal"] == "none"
    assert value(log)["valid"] == 0
    assert value(log)["made"] == made
    assert math.isnan(value(log)["score"])
    assert words in (score(log).explanation or "")


def test_a_crashing_agent_is_scored_with_what_it_had(tmp_path: Path) -> None:
    from inspect_ai.solver import chain, solver

    @solver
    def crash():  # type: ignore[no-untyped-def]
        async def solve(state, generate):  # type: ignore[no-untyped-def]
            raise RuntimeError("the agent crashed")

        return solve

    log = run(tmp_path, chain(shell(COPY), crash()))
    assert log.samples
    assert log.samples[0].error is not None
    assert value(log)["valid"] == 1


def test_no_folder_of_answers_is_named_in_the_log(tmp_path: Path) -> None:
    log = run(tmp_path, dummy())
    assert "private" not in log.model_dump_json()


def test_the_submission_is_kept_and_graded_again_without_a_sandbox(tmp_path: Path) -> None:
    from inspect_ai import score as score_again

    from mlebench_inspect.run.scoring import mlebench_scorer

    log = run(tmp_path, dummy())
    first = value(log)
    assert list((tmp_path / "logs/artifacts").rglob("submission.csv.gz"))
    again = score_again(log, mlebench_scorer(data="miniature"), action="overwrite")
    assert {k: str(v) for k, v in value(again).items()} == {k: str(v) for k, v in first.items()}


def test_unprepared_data_names_the_command(tmp_path: Path) -> None:
    from mlebench_inspect.benchmark import TASKS

    with pytest.raises(type(prerequisite_error(""))) as caught:
        TASKS["spaceship-titanic"](data_dir=str(tmp_path))
    assert f"mlebench-inspect prepare spaceship-titanic --data-dir {tmp_path}" in str(caught.value.message)  # type: ignore[attr-defined]


def test_a_split_of_ones_own(tmp_path: Path) -> None:
    file = tmp_path / "mine.txt"
    file.write_text("spaceship-titanic\nspooky-author-identification\n")
    log = run(tmp_path, dummy(), task="all", split_file=str(file))
    assert log.eval.dataset.name == "mlebench-mine"
    assert log.eval.dataset.sample_ids == ["spaceship-titanic", "spooky-author-identification"]
    with pytest.raises(type(prerequisite_error("")), match="give it to mlebench_inspect/all"):
        run(tmp_path, dummy(), task="low", split_file=str(file))

"""What reports need of a score is in Inspect's summary of the sample, whole, however much there is of it."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest
from inspect_ai.log import read_eval_log, read_eval_log_sample, read_eval_log_sample_summaries
from inspect_ai.scorer import Score
from inspect_ai.util import Store

from logs import graded, write_log
from mlebench_inspect.graders.leaderboard import MEDAL_TIERS
from mlebench_inspect.reporting import logs as logs_module
from mlebench_inspect.reporting.results import read_results
from mlebench_inspect.reporting.snapshots import Snapshots, turns_of
from mlebench_inspect.run.compact import Moment, moments, packed, text_of
from mlebench_inspect.run.environment import Environment
from mlebench_inspect.run.scoring import score_of
from mlebench_inspect.tasks import competition
from runs import run, shell

ID = "spaceship-titanic"


def some_rows(number: int, seed: int = 0) -> list[dict[str, Any]]:
    """Rows as long as they may be."""
    draw = random.Random(seed)
    return [
        {
            "after": 100_000 + i,
            "score": draw.choice([None, -draw.random() * 1e-300, 0.5, 1e20]),
            "medal": draw.choice(MEDAL_TIERS),
            "percentile": draw.choice([None, 100 / 3, 0.0]),
            "valid_submission": draw.random() < 0.5,
            "above_median": draw.random() < 0.5,
            "graded": draw.random() < 0.9,
            "sha256": "f" * 64,
            "artifact": "artifacts/x/snapshots/1.csv.gz",
            "error": None,
        }
        for i in range(number)
    ]


@pytest.mark.parametrize("number", [0, 1, 2, 30, 200])
def test_packed_snapshots_come_back_from_a_summary(tmp_path: Path, number: int) -> None:
    rows = some_rows(number)
    path = write_log(tmp_path, {ID: "g"}, snapshots=rows)
    (summary,) = read_eval_log_sample_summaries(path)
    text = text_of((summary.scores or {})["mlebench"].metadata or {})
    assert text is not None
    assert moments(text) == [
        Moment(
            r["after"],
            r["graded"],
            r["score"],
            r["medal"],
            r["percentile"],
            r["valid_submission"],
            r["above_median"],
        )
        for r in rows
    ]


def test_no_snapshots_are_not_none_taken() -> None:
    assert text_of({}) is None
    assert text_of(packed([])) == ""


@pytest.mark.parametrize("text", ["1", "1,2,x,3,g", "a,1,g,1,g", "1,1,g,1,g;"])
def test_other_texts_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match="no packed snapshots"):
        moments(text)


def test_a_report_reads_no_whole_sample(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As slow as a day's transcript is long; snapshots and all else must be in the summary."""
    write_log(tmp_path, {ID: "gnx-c!", "leaf-classification": "sb.nx?"}, snapshots=some_rows(200))

    def refuse(*args: object, **options: object) -> None:
        raise AssertionError("a whole sample was read")

    monkeypatch.setattr(logs_module, "read_eval_log_sample", refuse)
    results = read_results([tmp_path]).results
    assert {len(r.snapshots) for r in results if r.snapshots is not None} == {200}
    assert sum(r.snapshots is None for r in results) == 2  # those without a score


def test_a_snapshot_is_a_report_of_its_own(tmp_path: Path) -> None:
    found = competition(ID)
    assert found.thresholds
    at_silver = found.thresholds.silver
    row = {"after": 60, "score": at_silver, "medal": "silver", "percentile": 97.5, "valid_submission": True}
    broken = {"after": 90, "score": None, "medal": "none", "valid_submission": False}
    lost = {**broken, "after": 120, "graded": False}
    write_log(tmp_path, {ID: "n"}, snapshots=[{**row, "above_median": True}, broken, lost])
    (result,) = read_results([tmp_path]).results
    assert result.snapshots is not None
    assert result.report is not None
    first, second, third = result.snapshots
    assert (first.after, second.after, third.after) == (60, 90, 120)
    assert third.report is None
    assert first.report is not None
    assert second.report is not None
    expected = graded(ID, "s")
    for name in ("score", "medal", "any_medal", "gold_medal", "silver_medal", "bronze_medal", "above_median"):
        assert getattr(first.report, name) == getattr(expected, name), name
    assert first.report.percentile == 97.5
    assert first.report.gold_threshold == result.report.gold_threshold
    assert first.report.error is None
    assert (second.report.submission_exists, second.report.valid_submission) == (True, False)
    assert result.report.medal == "none"


def test_what_a_run_noted_is_read(tmp_path: Path) -> None:
    log = run(tmp_path, shell("cp data/sample_submission.csv submission/submission.csv; sleep 1"), snapshot_every=0.3)
    (result,) = read_results([tmp_path / "logs"]).results
    assert log.samples
    whole = read_eval_log_sample(log.location, log.samples[0].id)
    score = (whole.scores or {})["mlebench"]
    assert isinstance(score, Score)
    rows = (score.metadata or {})["snapshots"]
    assert [s.after for s in result.snapshots or ()] == [r["after"] for r in rows]
    assert rows
    assert result.artifact is not None
    assert (tmp_path / "logs" / result.artifact).is_file()
    assert result.submission_sha256 == rows[-1]["sha256"]
    assert (result.gpus, result.time_limit, result.usage) == (0, log.eval.config.time_limit, None)
    assert result.log == log.location.removeprefix("file://")
    assert read_eval_log(log.location).status == "success"


def test_a_run_without_snapshots_has_none(tmp_path: Path) -> None:
    score = score_of(graded(ID, "g"), competition(ID), {"competition": ID})
    assert not [key for key in score.metadata or {} if "snapshots" in key]


@pytest.mark.parametrize(
    ("given", "seen", "gpus"),
    [({}, {}, 0), ({"gpus": 2}, {}, 2), ({"gpus": -1}, {"gpus": ["A", "B", "C"]}, 3), ({"gpus": -1}, {}, 0)],
)
def test_gpus_are_counted(given: dict[str, Any], seen: dict[str, Any], gpus: int) -> None:
    environment = Environment(store=Store())
    environment.given, environment.seen = given, seen
    assert environment.gpus == gpus


def test_when_medals_begin_and_cease_is_told_alike_by_texts_and_by_reports() -> None:
    chance = random.Random(7)
    final = graded("spaceship-titanic", "n")
    for _ in range(200):
        rows = [
            {
                "after": after,
                "score": 0.5,
                "medal": chance.choice(["gold", "silver", "bronze", "none"]),
                "percentile": None,
                "graded": (is_graded := chance.random() < 0.9),
                "valid_submission": is_graded and chance.random() < 0.8,
                "above_median": False,
            }
            for after in range(chance.randrange(12))
        ]
        found = Snapshots("".join(packed(rows).values()), final)
        assert turns_of(found) == turns_of(tuple(found))

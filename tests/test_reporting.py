"""From logs to tables, comparisons and grading reports."""

from __future__ import annotations

import csv
import io
import json
import math
import os
import random
import statistics
import subprocess
import sys
from collections.abc import Callable, Iterator
from itertools import permutations
from pathlib import Path

import pytest
from inspect_ai.log import read_eval_log
from inspect_ai.scorer import SampleScore

from logs import graded, write_log
from mlebench_inspect.graders.report import GradingReport
from mlebench_inspect.reporting import published
from mlebench_inspect.reporting.comparison import compare
from mlebench_inspect.reporting.figures import report, run_of
from mlebench_inspect.reporting.formats import render_comparison, render_report
from mlebench_inspect.reporting.places import write_text
from mlebench_inspect.reporting.records import ReportingError
from mlebench_inspect.reporting.results import read_results
from mlebench_inspect.reporting.summaries import SettingReport
from mlebench_inspect.run.figures import medals
from mlebench_inspect.tasks import competitions, split_ids

SIZES = {"low": 22, "medium": 38, "high": 15, "all": 75}
PUBLISHED = list(csv.DictReader(Path(published.__file__).with_name("published_results.csv").open(encoding="utf-8")))
# runs with other numbers of seeds than 3: mean and error do not tell the counts
OTHER_SEEDS = [("AIRA-dojo", "o3"), ("R&D-Agent", "o1-preview"), ("AIDE", "o1-preview"), ("AIDE", "gpt-4o-2024-08-06")]
OTHER_SEEDS += [("AIDE", "llama-3.1-405b-instruct"), ("MLAB", "gpt-4o-2024-08-06")]
HUNDREDTH = 0.0101  # the published figures are rounded, some of them cut


def counts(row: dict[str, str], level: str) -> list[tuple[int, ...]]:
    """The numbers of medals in three seeds, in order of size, that a published mean and error allow."""
    n, mean, sem = SIZES[level], float(row[level]), float(row[f"{level}_sem"])
    found: list[tuple[int, ...]] = []
    for a in range(n + 1):
        for b in range(a, n + 1):
            for c in range(b, n + 1):
                if abs((a + b + c) / 3 / n * 100 - mean) > HUNDREDTH:
                    continue
                if abs(statistics.stdev((a, b, c)) / math.sqrt(3) / n * 100 - sem) <= HUNDREDTH:
                    found.append((a, b, c))
    return found


def rebuilt(row: dict[str, str]) -> Iterator[list[dict[str, int]]]:
    """Medals by seed and complexity that give the published figures of all four columns."""
    whole = counts(row, "all")
    for low in counts(row, "low"):
        for medium in {p for m in counts(row, "medium") for p in permutations(m)}:
            for high in {p for h in counts(row, "high") for p in permutations(h)}:
                if tuple(sorted(map(sum, zip(low, medium, high, strict=True)))) in whole:
                    seeds = zip(low, medium, high, strict=True)
                    yield [dict(zip(("low", "medium", "high"), s, strict=True)) for s in seeds]


DETERMINED = [row for row in PUBLISHED if (row["agent"], row["model"]) not in OTHER_SEEDS]


def test_which_published_rows_are_of_three_seeds() -> None:
    assert len(DETERMINED) == 24
    for row in PUBLISHED:
        assert any(rebuilt(row)) == (row in DETERMINED), row["agent"]


@pytest.mark.parametrize("row", DETERMINED, ids=lambda r: f"{r['agent']}-{r['model']}"[:40])
def test_published_rows_come_out_of_rebuilt_grading_reports(row: dict[str, str]) -> None:
    seeds = next(rebuilt(row))
    ids = {level: [c.id for c in competitions(level)] for level in ("low", "medium", "high")}
    reports: dict[int, dict[str, GradingReport | None]] = {}
    for number, won_by_level in enumerate(seeds, 1):
        reports[number] = {}
        for level, members in ids.items():
            for place, competition_id in enumerate(members):
                won = (place + number) % len(members) < won_by_level[level]
                reports[number][competition_id] = graded(competition_id, "gsb"[place % 3] if won else "nx-"[place % 3])
    ids["all"] = [i for members in ids.values() for i in members]
    run = run_of(reports, ids["all"])
    for level, chosen in ids.items():
        mean, sem = run.percent("any_medal", chosen)
        assert mean == pytest.approx(float(row[level]), abs=HUNDREDTH)
        assert sem == pytest.approx(float(row[f"{level}_sem"]), abs=HUNDREDTH)


LOW = [c.id for c in competitions("low")][:3]
MEDIUM = [c.id for c in competitions("medium")][:2]


def one(folder: Path, **options: str) -> SettingReport:
    (found,) = report(read_results([folder]), **options)  # type: ignore[arg-type]
    return found


def test_figures_of_a_log(tmp_path: Path) -> None:
    write_log(tmp_path, {LOW[0]: "gn!", LOW[1]: "-x.", LOW[2]: "bbb", MEDIUM[0]: "snn"})
    found = one(tmp_path)
    assert found.any_medal["low"].mean == pytest.approx((200 / 3 + 100 / 3 + 100 / 3) / 3)
    assert found.any_medal["medium"].mean == pytest.approx(100 / 3)
    assert found.any_medal["medium"].sem == pytest.approx(100 / 3)
    assert found.any_medal["all"].mean == pytest.approx((75 + 25 + 25) / 3)
    assert found.any_medal["all"].sem == pytest.approx(50 / 3)
    assert found.outcomes["gold"].mean == pytest.approx(25 / 3)
    assert found.outcomes["valid"].mean == pytest.approx((75 + 75 + 50) / 3)
    assert found.outcomes["made"].mean == pytest.approx((75 + 100 + 50) / 3)
    assert found.pass_at_k[3] == pytest.approx(75)
    assert found.unscored == [f"{LOW[0]} (seed 3)"]
    assert found.not_run == [f"{LOW[1]} (seed 3)"]
    rows = {r.competition_id: r for r in found.per_competition}
    assert rows[LOW[0]].outcomes == ["gold", "none", "unscored"]
    assert rows[LOW[1]].outcomes == ["no submission", "invalid", "not run"]
    assert rows[LOW[0]].best_tier == "gold"


def test_a_split_counts_what_was_not_run(tmp_path: Path) -> None:
    write_log(tmp_path, {LOW[0]: "g", MEDIUM[0]: "g"})
    found = one(tmp_path, split="low")
    assert found.any_medal["all"].mean == pytest.approx(100 / 22)
    assert len(found.not_run) == 21
    assert "medium" not in found.any_medal


def test_competitions_that_cannot_be_joined_are_named(tmp_path: Path) -> None:
    insults, whales = [c.id for c in competitions("all") if not c.joinable]
    write_log(tmp_path, {insults: "g", LOW[0]: "g"})
    text = "\n".join(one(tmp_path).notes())
    assert f"Can no longer be joined on Kaggle, and counted in these figures: {insults}." in text
    assert f"Can no longer be joined on Kaggle, and left out of these figures: {whales}." in text
    assert "left out" not in "\n".join(one(tmp_path, split="low").notes())


def test_only_complete_seeds(tmp_path: Path) -> None:
    write_log(tmp_path, {LOW[0]: "ggn", LOW[1]: "n!g"})
    found = one(tmp_path, seeds="complete")
    assert (found.seeds, found.dropped_seeds) == (2, 1)
    assert found.any_medal["all"].mean == 50
    assert one(tmp_path).any_medal["all"].mean == pytest.approx((50 + 50 + 50) / 3)


def test_kinds_of_data_and_revisions_never_share_a_figure(tmp_path: Path) -> None:
    write_log(tmp_path, {LOW[0]: "g"}, task_id="a")
    write_log(tmp_path, {LOW[0]: "n"}, task_id="b", data="miniature")
    write_log(tmp_path, {LOW[0]: "n"}, task_id="c", revision="v2")
    write_log(tmp_path, {LOW[0]: "n!"}, task_id="d", revision="v2", run_revision="v1")
    found = report(read_results([tmp_path]))
    assert [(r.data, r.revision, r.seeds) for r in found] == [
        ("miniature", "v1", 1),
        ("real", "v1", 1),
        ("real", "v2", 1),
        ("real", "v2 (run on v1)", 2),
    ]
    assert [r.any_medal["all"].mean for r in found] == [0, 100, 0, 0]
    for text in (render_report(found, "table"), render_report(found, "markdown"), render_report(found, "html")):
        assert "MINIATURE" in text
    assert len(compare(read_results([tmp_path]))) == 4


def test_comparison_is_over_common_competitions(tmp_path: Path) -> None:
    write_log(tmp_path, {LOW[0]: "gg", LOW[1]: "nn", LOW[2]: "gg"}, task_id="a", solver="aide")
    write_log(tmp_path, {LOW[0]: "gn", LOW[1]: "sb"}, task_id="b", solver="mlebench_inspect/react")
    (found,) = compare(read_results([tmp_path]), by="solver")
    assert [r.solver for r in found.rows] == ["aide", "react"]
    assert found.left_out == [LOW[2]]
    assert [r.any_medal["all"].mean for r in found.rows] == [50, 75]
    assert found.against_first(0) is None
    against = found.against_first(1)
    assert against is not None
    assert (against.points, against.low, against.high) == (
        25,
        -50,
        100,
    )  # of two: twice one, once each, twice the other
    assert "-50.00 to +100.00" in render_comparison([found], "markdown")


@pytest.mark.parametrize("seed", range(12))
def test_figures_are_those_of_the_log(tmp_path: Path, seed: int) -> None:
    """The metrics of a log and the report on it agree, whatever has no score, was not run, or is for development."""
    rng = random.Random(seed)
    ids = rng.sample([c.id for level in ("low", "medium", "dev") for c in competitions(level)][::3], 7)
    seeds = rng.randint(1, 3)
    outcomes = {c: "".join(rng.choice("gsbnx-c!?.") for _ in range(seeds)) for c in ids}
    outcomes[ids[0]] = "g" * seeds  # a score that carries the plan
    log = read_eval_log(write_log(tmp_path, outcomes))
    scores = [s.scores["mlebench"] for s in log.samples or [] if s.scores]
    live = medals()([SampleScore(score=score) for score in scores])  # type: ignore[misc]
    assert isinstance(live, dict)
    found = one(tmp_path)
    assert found.percentile is not None
    told: dict[str, float | None] = {"without_score": found.without_score, "seeds": found.seeds}
    told |= {"any_medal": found.any_medal["all"].mean}
    told |= {"any_medal_sem": found.any_medal["all"].sem} if seeds > 1 else {}
    told |= {k: f.mean for k, f in {**found.outcomes, "percentile": found.percentile}.items()}
    told |= {f"pass_at_{k}": v for k, v in found.pass_at_k.items()}
    told |= {k: found.any_medal[k].mean for k in ("low", "medium", "dev") if k in found.any_medal}
    assert told == pytest.approx({k: live[k] for k in told})


def mlebench(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "mlebench_inspect.cli", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=120)


def test_commands_on_logs(tmp_path: Path) -> None:
    write_log(tmp_path / "logs", {LOW[0]: "gn!", MEDIUM[0]: "sx-"})
    (row,) = csv.DictReader(io.StringIO(mlebench("report", tmp_path / "logs", "--format", "csv").stdout))
    assert (row["low"], row["low_sem"], row["all"]) == ("33.33", "33.33", "33.33")
    assert (row["seeds"], row["without_score"], row["data"]) == ("3", "1", "real")
    as_json = json.loads(mlebench("report", tmp_path / "logs", "--format", "json").stdout)
    assert as_json[0]["unscored"] == [f"{LOW[0]} (seed 3)"]
    assert "33.33 ± 33.33" in mlebench("report", tmp_path / "logs").stdout
    page = tmp_path / "out/report.html"
    assert mlebench("report", tmp_path / "logs", "--format", "html", "--output", page).returncode == 0
    text = page.read_text(encoding="utf-8")
    assert '<span class="gold">gold</span>' in text
    assert "://" not in text  # self-contained
    assert "33.33 ± 33.33" in mlebench("compare", tmp_path / "logs").stdout


def test_export_in_the_published_layout(tmp_path: Path) -> None:
    write_log(tmp_path / "logs", {LOW[0]: "gn!", MEDIUM[0]: "sx."}, solver="aide", model="openai/gpt-4o")
    result = mlebench("export", tmp_path / "logs", "--output-dir", tmp_path / "out")
    assert result.returncode == 0, result.stderr
    files = sorted((tmp_path / "out").iterdir())
    assert [f.name for f in files] == [f"aide_openai-gpt-4o_v1_seed{i}_grading_report.json" for i in (1, 2, 3)]
    first, second, third = (json.loads(f.read_text(encoding="utf-8")) for f in files)
    assert {k: v for k, v in first.items() if k != "competition_reports"} == {
        "total_runs": 2,
        "total_runs_with_submissions": 2,
        "total_valid_submissions": 2,
        "total_medals": 2,
        "total_gold_medals": 1,
        "total_silver_medals": 1,
        "total_bronze_medals": 0,
        "total_above_median": 2,
    }
    assert second["total_valid_submissions"] == 1
    assert third["total_runs"] == 1  # the error is a run without a submission; what was not run is none
    assert third["competition_reports"][0]["submission_exists"] is False
    published = {
        "competition_id",
        "score",
        "gold_threshold",
        "silver_threshold",
        "bronze_threshold",
        "median_threshold",
    }
    published |= {"any_medal", "gold_medal", "silver_medal", "bronze_medal", "above_median", "submission_exists"}
    published |= {"valid_submission", "is_lower_better", "created_at", "submission_path"}
    assert published <= first["competition_reports"][0].keys()


def test_grade_many_files(tmp_path: Path, prepared: Callable[..., Path]) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data/spaceship-titanic").symlink_to(prepared("spaceship-titanic"))
    good = prepared("spaceship-titanic") / "prepared/public/sample_submission.csv"
    (tmp_path / "bad.csv").write_text("a,b\n1,2\n", encoding="utf-8")
    lines = [
        {"competition_id": "spaceship-titanic", "submission_path": str(good)},
        {"competition_id": "spaceship-titanic", "submission_path": str(tmp_path / "bad.csv")},
        {"competition_id": "spaceship-titanic", "submission_path": str(tmp_path / "missing.csv"), "other": 1},
        {"competition_id": "spaceship-titanic", "submission_path": None},
    ]
    listing = tmp_path / "submissions.jsonl"
    listing.write_text("\n".join(map(json.dumps, lines)) + "\n\n", encoding="utf-8")
    out = tmp_path / "out"
    result = mlebench("grade", listing, "--output-dir", out, "--data-dir", tmp_path / "data")
    assert result.returncode == 0, result.stderr
    (file,) = out.glob("*_grading_report.json")
    found = json.loads(file.read_text(encoding="utf-8"))
    assert (found["total_runs"], found["total_runs_with_submissions"], found["total_valid_submissions"]) == (4, 2, 1)
    assert [r["valid_submission"] for r in found["competition_reports"]] == [True, False, False, False]
    listing.write_text('{"competition_id": "spaceship"}', encoding="utf-8")
    result = mlebench("grade", listing, "--output-dir", out, "--data-dir", tmp_path / "data")
    assert result.returncode == 1
    assert "line 1" in result.stderr
    assert "Traceback" not in result.stderr


def test_the_30_task_split_is_called_by_its_name(tmp_path: Path) -> None:
    write_log(tmp_path, dict.fromkeys(split_ids("mle_bench_30"), "n"))
    (found,) = report(read_results([tmp_path]))
    notes = "\n".join(found.notes())
    assert "These are the 30 competitions of mle_bench_30" in notes
    assert "Not whole splits" not in notes
    (cut,) = report(read_results([tmp_path]), split="mle_bench_30")
    assert cut.any_medal["all"].competitions == 30


def test_what_is_for_development_is_counted_apart(tmp_path: Path) -> None:
    write_log(tmp_path, {"leaf-classification": "g", "random-acts-of-pizza": "n", "spaceship-titanic": "."})
    (found,) = report(read_results([tmp_path]))
    assert (found.competitions, found.development, found.any_medal["all"].competitions) == (2, 1, 2)
    assert (found.without_score, found.not_run) == (0, [])
    assert "2 competitions (and 1 for development), 1 seed" in "\n".join(found.notes())


def test_a_report_is_written_through_links_into_pipes_and_over_no_folder(tmp_path: Path) -> None:
    target, link, pipe = tmp_path / "target.txt", tmp_path / "link.txt", tmp_path / "pipe"
    target.write_text("old")
    link.symlink_to(target)
    write_text(link, "new")
    assert link.is_symlink()
    assert target.read_text() == "new\n"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    write_text(pipe, "through")
    assert os.read(reader, 100) == b"through\n"
    os.close(reader)
    assert pipe.is_fifo()
    with pytest.raises(ReportingError, match="it is a folder; name a file in it"):
        write_text(tmp_path, "text")

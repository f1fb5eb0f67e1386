"""The command line: what it prints, and that bad input ends in one line and exit code 2, failed work in 1."""

from __future__ import annotations

import gzip
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from mlebench_inspect.data import Store
from mlebench_inspect.reporting.grading_reports import grade_files, read_submissions
from mlebench_inspect.tasks import competition

Prepared = Callable[..., Path]


def run(*arguments: str | Path, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "mlebench_inspect.cli", *map(str, arguments)]
    variables = dict(os.environ)  # without the COLUMNS that a loaded readline puts where os.environ does not see it
    return subprocess.run(command, capture_output=True, text=True, cwd=cwd, timeout=300, env=variables)


def assert_one_line(result: subprocess.CompletedProcess[str], *words: str) -> None:
    assert result.returncode == 2, result.stderr
    assert "Traceback" not in result.stderr
    assert len(result.stderr.strip().splitlines()[-1:]) == 1
    for word in words:
        assert word in result.stderr


def test_list_as_json() -> None:
    rows = json.loads(run("list", "--split", "low", "--json").stdout)
    assert len(rows) == 22
    assert {"id", "split", "category", "metric"} <= rows[0].keys()


def test_list_shows_whole_ids_on_a_pipe() -> None:
    assert "jigsaw-unintended-bias-in-toxicity-classification" in run("list").stdout


@pytest.fixture
def data_dir(tmp_path: Path, prepared: Prepared) -> Path:
    (tmp_path / "data").mkdir()
    (tmp_path / "data/spaceship-titanic").symlink_to(prepared("spaceship-titanic"))
    return tmp_path / "data"


def test_grade_sample(data_dir: Path) -> None:
    sample = data_dir / "spaceship-titanic/prepared/public/sample_submission.csv"
    result = run("grade-sample", sample, "spaceship-titanic", "--data-dir", data_dir)
    assert result.returncode == 0
    assert "accuracy 0." in result.stdout
    assert "no medal, " in result.stdout
    assert "short of bronze" in result.stdout
    assert "gold 0.82066" in result.stdout
    as_json = json.loads(run("grade-sample", sample, "spaceship-titanic", "--data-dir", data_dir, "--json").stdout)
    assert as_json["valid_submission"] is True


def test_grade_sample_of_a_bad_file(data_dir: Path, tmp_path: Path) -> None:
    bad = tmp_path / "submission.csv"
    bad.write_bytes(b"\xff\xfe\x00")
    for file, told in ((bad, "Invalid submission: submission.csv is UTF-16"), (tmp_path / "no.csv", "No submission: ")):
        result = run("grade-sample", file, "spaceship-titanic", "--data-dir", data_dir)
        assert (result.returncode, result.stderr) == (1, "")
        assert result.stdout.startswith(f"spaceship-titanic: {told}")
        assert len(result.stdout.splitlines()) == 1


def test_grade_sample_notices_swapped_arguments(data_dir: Path) -> None:
    sample = data_dir / "spaceship-titanic/prepared/public/sample_submission.csv"
    swapped = run("grade-sample", "spaceship-titanic", sample, "--data-dir", data_dir)
    assert_one_line(swapped, f"the file comes first, then the ID: grade-sample {sample} spaceship-titanic")


def test_a_table_is_graded_as_its_file(data_dir: Path) -> None:
    prepared = data_dir / "spaceship-titanic/prepared"
    sample, found = prepared / "public/sample_submission.csv", competition("spaceship-titanic")
    by_file, by_table = (found.grade(s, prepared / "private") for s in (sample, pd.read_csv(sample)))
    assert by_table.valid_submission
    assert by_table.score == by_file.score
    assert by_table.gap == by_file.gap


def test_unknown_competition() -> None:
    assert_one_line(run("grade-sample", "x.csv", "spaceship"), "did you mean spaceship-titanic")


def test_not_prepared(tmp_path: Path) -> None:
    result = run("grade-sample", "x.csv", "spaceship-titanic", "--data-dir", tmp_path)
    assert_one_line(result, f"mlebench-inspect prepare spaceship-titanic --data-dir {tmp_path}")


def test_unknown_image() -> None:
    assert_one_line(run("build", "heavy"), "light")


def submissions(folder: Path, *lines: object) -> Path:
    path = folder / "submissions.jsonl"
    raw = [line if isinstance(line, bytes) else json.dumps(line).encode() for line in lines]
    path.write_bytes(b"\n".join(raw))
    return path


def test_grade_goes_on_after_lines_that_cannot_be_graded(data_dir: Path, tmp_path: Path) -> None:
    sample = data_dir / "spaceship-titanic/prepared/public/sample_submission.csv"
    with gzip.open(tmp_path / "good.csv.gz", "wb") as packed:
        packed.write(sample.read_bytes())
    (tmp_path / "bad.csv.gz").write_bytes((tmp_path / "good.csv.gz").read_bytes()[:10] + b"\xff" * 30)
    file = {"competition_id": "spaceship-titanic"}
    listing = submissions(
        tmp_path,
        file | {"submission_path": str(sample)},
        {"competition_id": "leaf-classification", "submission_path": str(sample)},
        {"competition_id": "spaceship"},
        b'{"competition_id": ',
        b"\xff\xfe",
        b"[]",
        {"submission_path": "x"},
        file | {"submission_path": 7},
        b"",
        file | {"submission_path": str(tmp_path / "missing.csv")},
        file | {"submission_path": str(tmp_path)},
        file | {"submission_path": str(tmp_path / "bad.csv.gz")},
        file | {"submission_path": str(tmp_path / ("x" * 300))},
        file | {"submission_path": str(tmp_path / "good.csv.gz"), "text": "a\u2028b"},
    )
    result = run("grade", listing, "--output-dir", tmp_path / "out", "--data-dir", data_dir)
    assert result.returncode == 1
    assert "Traceback" not in result.stderr
    *faults, last = result.stderr.splitlines()
    number_of = [int(f.split(", line ")[1].split(":")[0]) for f in faults]
    assert number_of == [2, 3, 4, 5, 6, 7, 8, 13]
    assert "leaf-classification is not prepared; run: mlebench-inspect prepare leaf-classification" in faults[0]
    assert "did you mean spaceship-titanic" in faults[1]
    assert "8 of 13 lines could not be graded" in last
    (report,) = (tmp_path / "out").glob("*_grading_report.json")
    found = json.loads(report.read_text(encoding="utf-8"))
    assert (found["total_runs"], found["total_runs_with_submissions"], found["total_valid_submissions"]) == (5, 4, 2)
    assert found["competition_reports"][1]["submission_exists"] is False


def test_grade_with_nothing_to_grade(data_dir: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    result = run("grade", submissions(tmp_path, {"competition_id": "x"}), "--output-dir", out, "--data-dir", data_dir)
    assert result.returncode == 1
    assert not list(out.glob("*.json")), "a report of no runs would look like a run of failures"
    assert_one_line(run("grade", submissions(tmp_path, b" "), "--output-dir", out, "--data-dir", data_dir), "no lines")


def test_grade_of_a_file_that_may_not_be_read(data_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sample = data_dir / "spaceship-titanic/prepared/public/sample_submission.csv"
    (tmp_path / "closed.csv").write_text("x")
    opened = Path.open

    def refuse(path: Path, *args: Any, **options: Any) -> Any:
        if path.name == "closed.csv":
            raise PermissionError(13, "Permission denied", str(path))
        return opened(path, *args, **options)

    monkeypatch.setattr(Path, "open", refuse)
    lines = [
        {"competition_id": "spaceship-titanic", "submission_path": str(p)} for p in (tmp_path / "closed.csv", sample)
    ]
    graded = grade_files(read_submissions(submissions(tmp_path, *lines)), Store.open(data_dir), tmp_path / "out")
    assert list(graded.faults) == [1]
    assert "closed.csv" in graded.faults[1]
    assert len(graded.reports) == 1

"""The command line: what it prints, and that bad input ends in one line and exit code 2."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

Prepared = Callable[..., Path]


def run(*arguments: str | Path, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "mlebench_inspect.cli", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, cwd=cwd)


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
    assert "medal none" in result.stdout
    as_json = json.loads(run("grade-sample", sample, "spaceship-titanic", "--data-dir", data_dir, "--json").stdout)
    assert as_json["valid_submission"] is True


def test_grade_sample_of_a_bad_file(data_dir: Path, tmp_path: Path) -> None:
    bad = tmp_path / "submission.csv"
    bad.write_bytes(b"\xff\xfe\x00")
    assert_one_line(run("grade-sample", bad, "spaceship-titanic", "--data-dir", data_dir), "submission.csv")
    assert_one_line(run("grade-sample", tmp_path / "no.csv", "spaceship-titanic", "--data-dir", data_dir), "no.csv")


def test_unknown_competition() -> None:
    assert_one_line(run("grade-sample", "x.csv", "spaceship"), "did you mean spaceship-titanic")


def test_not_prepared(tmp_path: Path) -> None:
    result = run("grade-sample", "x.csv", "spaceship-titanic", "--data-dir", tmp_path)
    assert_one_line(result, f"mlebench-inspect prepare spaceship-titanic --data-dir {tmp_path}")


def test_unknown_image() -> None:
    assert_one_line(run("build", "heavy"), "light")

"""The baseline's script on miniature data of each kind, run as the sandbox runs it."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from mlebench_inspect.graders.report import GradingReport
from mlebench_inspect.tasks import Competition, competition

SCRIPT = Path(__file__).parents[1] / "sandboxes/guest/baseline.py"
Prepared = Callable[..., Path]


def run_script(found: Competition, public: Path, submission: Path, *options: str) -> subprocess.CompletedProcess[str]:
    name = Path(found.sample_submission).name
    columns = ["--ids", *found.submission.id_columns, "--targets", *found.submission.target_columns]
    command = [sys.executable, str(SCRIPT), "--data", str(public), "--submission", str(submission), "--sample", name]
    command += ["--metric", found.metric, *columns, *options]
    return subprocess.run(command, capture_output=True, text=True, cwd=submission.parent, timeout=300)


def graded(found: Competition, root: Path, submission: Path) -> GradingReport:
    report = found.grade(submission, root / "prepared/private", data="miniature")
    assert report.error is None
    return report


@pytest.mark.parametrize(
    "competition_id",
    [
        pytest.param("spaceship-titanic", id="table, classes"),
        pytest.param("nomad2018-predict-transparent-conductors", id="table, several numbers"),
        pytest.param("spooky-author-identification", id="text, classes as columns"),
        pytest.param("facebook-recruiting-iii-keyword-extraction", id="text, several labels in a cell"),
        pytest.param("text-normalization-challenge-english-language", id="text to text, in zip archives"),
        pytest.param("aerial-cactus-identification", id="pictures in zip archives"),
        pytest.param("plant-seedlings-classification", id="pictures, classes as folders"),
        pytest.param("freesound-audio-tagging-2019", id="sound, several labels as columns"),
    ],
)
def test_learns_more_than_the_sample_submission(competition_id: str, prepared: Prepared, tmp_path: Path) -> None:
    found, root = competition(competition_id), prepared(competition_id)
    done = run_script(found, root / "prepared/public", tmp_path / "submission.csv")
    assert done.returncode == 0, done.stderr
    ours = graded(found, root, tmp_path / "submission.csv").score
    sample = graded(found, root, root / "prepared" / found.sample_submission).score
    assert ours is not None
    assert sample is not None
    assert ours > sample if found.higher_is_better else ours < sample, done.stdout


@pytest.mark.parametrize("options", [[], ["--mode", "dummy"]])
def test_submits_the_sample_where_it_knows_no_better(options: list[str], prepared: Prepared, tmp_path: Path) -> None:
    found, root = competition("tgs-salt-identification-challenge"), prepared("tgs-salt-identification-challenge")
    done = run_script(found, root / "prepared/public", tmp_path / "submission.csv", *options)
    assert done.returncode == 0, done.stderr
    assert "sample submission" in done.stdout
    assert (tmp_path / "submission.csv").read_bytes() == (root / "prepared" / found.sample_submission).read_bytes()


def test_submits_the_sample_when_its_time_is_over(prepared: Prepared, tmp_path: Path) -> None:
    found, root = competition("spaceship-titanic"), prepared("spaceship-titanic")
    done = run_script(found, root / "prepared/public", tmp_path / "submission.csv", "--seconds", "0.01")
    assert done.returncode == 0, done.stderr
    assert "the time is used up" in done.stdout
    assert (tmp_path / "submission.csv").read_bytes() == (root / "prepared" / found.sample_submission).read_bytes()


def test_finds_a_sample_submission_in_an_archive_or_in_the_test_table(prepared: Prepared, tmp_path: Path) -> None:
    for competition_id in ("statoil-iceberg-classifier-challenge", "billion-word-imputation"):
        found, root = competition(competition_id), prepared(competition_id)
        done = run_script(found, root / "prepared/public", tmp_path / "submission.csv", "--mode", "dummy")
        assert done.returncode == 0, done.stderr
        graded(found, root, tmp_path / "submission.csv")


def test_broken_data_leaves_the_sample(tmp_path: Path) -> None:
    found = competition("spaceship-titanic")
    public = tmp_path / "public"
    public.mkdir()
    (public / "sample_submission.csv").write_text("PassengerId,Transported\n1,False\n2,False\n")
    (public / "train.csv").write_bytes(b'\x00\xff\xfe,,,\n"\n')
    (public / "test.csv").write_text("")
    (public / "images.zip").write_bytes(b"PK no archive")
    done = run_script(found, public, tmp_path / "submission.csv")
    assert done.returncode == 0, done.stderr
    assert "no model" in done.stdout
    assert (tmp_path / "submission.csv").read_bytes() == (public / "sample_submission.csv").read_bytes()


def test_says_so_where_there_is_no_sample_submission(tmp_path: Path) -> None:
    (tmp_path / "public").mkdir()
    done = run_script(competition("spaceship-titanic"), tmp_path / "public", tmp_path / "submission.csv")
    assert done.returncode == 1
    assert "no sample submission" in done.stderr
    assert not (tmp_path / "submission.csv").exists()


def test_knows_no_competition_by_name() -> None:
    from mlebench_inspect.tasks import competition_ids

    text = SCRIPT.read_text()
    assert not [i for i in competition_ids() if i in text or competition(i).kaggle_slug in text]

"""The labels of the test clips are public elsewhere; whatever lies in raw, they must not get into the public files."""

from __future__ import annotations

import shutil
import zipfile
from pathlib import Path

import pytest

from mlebench_inspect.tasks import competition
from mlebench_inspect.tasks.preparing import DataError, zip_files

FOUND = competition("freesound-audio-tagging-2019")


@pytest.fixture
def raw(tmp_path: Path) -> Path:
    FOUND.make_miniature(tmp_path / "raw")
    return tmp_path / "raw"


def entries(raw: Path, tmp_path: Path) -> list[str]:
    FOUND.prepare(raw, tmp_path / "public", tmp_path / "private")
    return sorted(p.name for p in (tmp_path / "public").iterdir() if p.name != "description.md")


def test_other_files_are_not_published(raw: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(raw / "FSDKaggle2019.meta.zip") as archive:
        archive.extractall(raw)
    shutil.copy(raw / "FSDKaggle2019.meta/test_post_competition.csv", raw / "test_post_competition.csv")
    expected = ["sample_submission.csv", "test", "train_curated", "train_curated.csv", "train_noisy", "train_noisy.csv"]
    assert entries(raw, tmp_path) == expected


def test_sound_may_be_packed(raw: Path, tmp_path: Path) -> None:
    zip_files(raw / "test.zip", [(f.name, f) for f in sorted((raw / "test").iterdir())])
    shutil.rmtree(raw / "test")
    assert "test.zip" in entries(raw, tmp_path)
    assert (tmp_path / "public/test.zip").read_bytes() == (raw / "test.zip").read_bytes()


def test_missing_sound_is_refused(raw: Path, tmp_path: Path) -> None:
    shutil.rmtree(raw / "train_noisy")
    with pytest.raises(DataError, match="train_noisy"):
        entries(raw, tmp_path)

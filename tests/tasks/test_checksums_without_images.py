"""Published checksums of files that follow from numbers and names alone, reproduced without the real data."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pandas as pd
import pytest

from mlebench_inspect.tasks import competition
from mlebench_inspect.tasks.preparing import write_7z, write_csv, zip_files


def check(competition_id: str, raw: Path, folder: Path, names: list[str]) -> None:
    """Prepares `raw` below `folder` and compares the files `names` (such as `public/test.csv`)."""
    found = competition(competition_id)
    found.prepare(raw, folder / "public", folder / "private")
    for name in names:
        part, file = name.split("/")
        made = hashlib.md5((folder / name).read_bytes(), usedforsecurity=False).hexdigest()
        assert made == getattr(found.checksums, part)[file], name


def test_dogs_vs_cats(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mlebench_inspect.tasks.dogs_vs_cats_redux_kernels_edition.prepare._deliver", lambda *_: None)
    raw = tmp_path / "raw"
    raw.mkdir()
    zip_files(raw / "train.zip", ((f"train/{kind}.{i}.jpg", b"") for kind in ("cat", "dog") for i in range(12_500)))
    zip_files(raw / "test.zip", [])
    names = ["public/sample_submission.csv", "private/answers.csv"]
    check("dogs-vs-cats-redux-kernels-edition", raw, tmp_path, names)


def test_invasive_species(tmp_path: Path) -> None:
    raw = tmp_path / "raw"
    raw.mkdir()
    table = pd.DataFrame({"name": range(1, 2296), "invasive": 0})
    zip_files(raw / "train_labels.csv.zip", [("train_labels.csv", table.to_csv(index=False).encode())])
    write_7z(raw / "train.7z", ((f"train/{name}.jpg", b"x") for name in table["name"]))
    check("invasive-species-monitoring", raw, tmp_path, ["private/sample_submission.csv"])


def test_plant_pathology_2020(tmp_path: Path) -> None:
    raw = tmp_path / "raw"
    (raw / "images").mkdir(parents=True)
    names = [f"Train_{i}" for i in range(1821)]
    table = pd.DataFrame({"image_id": names, "healthy": 1, "multiple_diseases": 0, "rust": 0, "scab": 0})
    write_csv(table, raw / "train.csv")
    for name in names:
        (raw / "images" / f"{name}.jpg").touch()
    check("plant-pathology-2020-fgvc7", raw, tmp_path, ["public/sample_submission.csv", "public/test.csv"])

"""What revision v2 mends in the splits and files of tables, texts and arrays."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from mlebench_inspect.tasks.ml2021spring_hw2.prepare import FRAME
from mlebench_inspect.tasks.preparing import read_csv

Prepared = Callable[..., Path]
each_revision = pytest.mark.parametrize(("revision", "mended"), [("v1", False), ("v2", True)])


@each_revision
def test_travelling_groups_stay_together(revision: str, mended: bool, prepared: Prepared) -> None:
    public = prepared("spaceship-titanic", revision) / "prepared/public"
    train, test = (set(read_csv(public / f"{p}.csv")["PassengerId"].str[:4]) for p in ("train", "test"))
    assert train.isdisjoint(test) == mended


@each_revision
def test_no_pizza_request_names_its_giver(revision: str, mended: bool, prepared: Prepared) -> None:
    public = prepared("random-acts-of-pizza", revision) / "prepared/public"
    for name in ("train", "test"):
        text = (public / f"{name}.json").read_text(encoding="ascii")
        assert all(("giver_username_if_known" in request) != mended for request in json.loads(text))
        with zipfile.ZipFile(public / f"{name}.zip") as zipped:
            assert zipped.namelist() == [f"{name}.json"]
            assert zipped.read(f"{name}.json").decode("ascii") == text


@each_revision
def test_test_molecules_have_a_structure_and_nothing_else(revision: str, mended: bool, prepared: Prepared) -> None:
    public = prepared("champs-scalar-coupling", revision) / "prepared/public"
    test = set(read_csv(public / "test.csv")["molecule_name"])
    molecules = {"structures": {p.stem for p in (public / "structures").iterdir()}}
    for table in public.glob("*.csv"):
        if table.name not in ("test.csv", "sample_submission.csv"):
            molecules[table.name] = set(read_csv(table)["molecule_name"])
    assert len(molecules) == 8
    for name, names in molecules.items():
        assert test.isdisjoint(names) or (mended and name.startswith("structures") and test < names), name
    assert (test < molecules["structures"]) == (test < molecules["structures.csv"]) == mended


@each_revision
def test_no_window_of_speech_overlaps_with_a_training_window(revision: str, mended: bool, prepared: Prepared) -> None:
    folder = prepared("ml2021spring-hw2", revision) / "prepared/public/timit_11/timit_11"
    frames = [
        {row.tobytes() for row in np.load(folder / f"{p}_11.npy")[:, 5 * FRAME : 6 * FRAME]} for p in ("train", "test")
    ]
    neighbours = {row.tobytes() for row in np.load(folder / "test_11.npy")[:, 6 * FRAME : 7 * FRAME]} - frames[1]
    assert neighbours.isdisjoint(frames[0]) == mended

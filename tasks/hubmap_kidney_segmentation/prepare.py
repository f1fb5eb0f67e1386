"""Twelve images to train on, three to test; the polygons of the test images' glomeruli are the labels themselves."""

from __future__ import annotations

import shutil
from pathlib import Path

from mlebench_inspect.graders.submission import Revision
from mlebench_inspect.tasks.preparing import DataError, place_named, read_csv, train_test_split, write_csv

INFORMATION = "HuBMAP-20-dataset_information.csv"
TRAIN, TEST = 12, 3


def prepare(raw: Path, public: Path, private: Path, revision: Revision) -> None:
    """Random split of the images. v1 publishes `test/<id>.json`, which gives the masks away; v2 does not."""
    table = read_csv(raw / "train.csv")
    if len(table) != TRAIN + TEST:
        raise DataError(f"train.csv has {len(table)} rows; {TRAIN + TEST} are expected")
    train, test = train_test_split(table, TEST)
    information = read_csv(raw / INFORMATION)
    ids = information["image_file"].str.replace(".tiff", "", regex=False)
    sizes = information[["width_pixels", "height_pixels"]].assign(id=ids)
    answers = test.merge(sizes, on="id")[["id", "encoding", "width_pixels", "height_pixels"]]
    if answers["id"].tolist() != test["id"].tolist():
        raise DataError(f"{INFORMATION} must hold one row for each image of train.csv")

    write_csv(information[ids.isin(table["id"])], public / INFORMATION)
    write_csv(train, public / "train.csv")
    write_csv(answers, private / "test.csv")
    gold = answers[["id"]].assign(predicted=answers["encoding"])
    write_csv(gold, private / "gold_submission.csv")
    write_csv(gold.assign(predicted=""), public / "sample_submission.csv")

    rest = ["{}.tiff", "{}-anatomical-structure.json"]
    for side, part, kinds in (
        ("train", train, [*rest, "{}.json"]),
        ("test", test, [*rest, "{}.json"] if revision == "v1" else rest),
    ):
        place_named([k.format(i) for i in part["id"] for k in kinds], raw / "train", public / side)
    shutil.copyfile(public / "sample_submission.csv", public / "test/sample_submission.csv")

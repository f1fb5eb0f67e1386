"""Split by camera location: a tenth of the locations is held out."""

from __future__ import annotations

import zipfile
from pathlib import Path

from mlebench_inspect.graders.submission import Revision
from mlebench_inspect.tasks.preparing import DataError, read_csv, rezip, train_test_split, visible, write_csv


def prepare(raw: Path, public: Path, private: Path, revision: Revision) -> None:
    """`train.csv` and its pictures become train and test; v1's sample submission carries the raw row numbers."""
    table = read_csv(raw / "train.csv")
    _, test_locations = train_test_split(table["location"].unique(), 0.1, seed=8)
    in_test = table["location"].isin(test_locations)
    train, test = table[~in_test], table[in_test]
    shared = set(train["id"]) & set(test["id"])
    if shared:
        raise DataError(f"train.csv: id {min(shared)} occurs at a train and at a test location")

    archive = raw / "train_images.zip"
    with zipfile.ZipFile(archive) as zipped:
        pictures = len(visible(zipped.namelist(), ".jpg"))
    if pictures != table["id"].nunique():
        raise DataError(f"train_images.zip holds {pictures:,} pictures; train.csv has {table['id'].nunique():,} ids")

    write_csv(train, public / "train.csv")
    write_csv(test.drop(columns="category_id"), public / "test.csv")
    write_csv(test, private / "test.csv")
    answers = test[["id", "category_id"]].rename(columns={"id": "Id", "category_id": "Category"})
    write_csv(answers, private / "answers.csv")
    answers.assign(Category=0).to_csv(public / "sample_submission.csv", index=revision == "v1")
    for part, rows in (("train", train), ("test", test)):
        names = sorted(f"{i}.jpg" for i in rows["id"].unique())
        rezip(archive, public / f"{part}_images.zip", ((n, n) for n in names), len(names))

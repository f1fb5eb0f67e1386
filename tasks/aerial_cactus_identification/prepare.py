"""Random 81/19 split of the labelled thumbnails."""

from __future__ import annotations

from pathlib import Path

from mlebench_inspect.graders.submission import Revision
from mlebench_inspect.tasks.preparing import (
    DataError,
    read_csv,
    require_unique,
    rezip,
    train_test_split,
    write_answers_and_sample,
    write_csv,
)


def prepare(raw: Path, public: Path, private: Path, revision: Revision) -> None:
    """`train.csv` becomes train and test; the images go from one archive into two, at the archives' root."""
    table = read_csv(raw / "train.csv")
    if list(table.columns) != ["id", "has_cactus"]:
        raise DataError(f"train.csv has the columns {', '.join(table.columns)} instead of id, has_cactus")
    require_unique(table, "id", "train.csv")
    train, test = train_test_split(table, 0.19)

    write_csv(train, public / "train.csv")
    write_answers_and_sample(test, {"has_cactus": 0.5}, private / "test.csv", public / "sample_submission.csv")
    for part, rows in (("train", train), ("test", test)):
        members = ((f"train/{name}", name) for name in rows["id"])
        rezip(raw / "train.zip", public / f"{part}.zip", members, len(rows))

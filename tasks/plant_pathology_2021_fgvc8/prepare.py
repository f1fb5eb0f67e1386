"""Random 80/20 split of the labelled photographs."""

from __future__ import annotations

from pathlib import Path

from mlebench_inspect.graders.submission import Revision
from mlebench_inspect.tasks.preparing import (
    DataError,
    place_named,
    read_csv,
    require_unique,
    train_test_split,
    write_answers_and_sample,
    write_csv,
)


def prepare(raw: Path, public: Path, private: Path, revision: Revision) -> None:
    """`train.csv` becomes train and test; the images follow."""
    table = read_csv(raw / "train.csv")
    if not {"image", "labels"}.issubset(table.columns):
        raise DataError(f"train.csv has the columns {', '.join(table.columns)} instead of image, labels")
    require_unique(table, "image", "train.csv")
    train, test = train_test_split(table, 0.2)

    write_csv(train, public / "train.csv")
    write_answers_and_sample(test, {"labels": "healthy"}, private / "answers.csv", public / "sample_submission.csv")
    for part, rows in (("train_images", train), ("test_images", test)):
        place_named(list(rows["image"]), raw / "train_images", public / part)

"""Random 85/15 split of the labelled pictures."""

from __future__ import annotations

from pathlib import Path

from mlebench_inspect.graders.submission import Revision
from mlebench_inspect.tasks.preparing import (
    DataError,
    place,
    place_named,
    read_csv,
    require_unique,
    train_test_split,
    write_answers_and_sample,
    write_csv,
)


def prepare(raw: Path, public: Path, private: Path, revision: Revision) -> None:
    """`train.csv` becomes train and test; v2 keeps the list of attributes beside the answers for the grader."""
    table = read_csv(raw / "train.csv")
    if list(table.columns) != ["id", "attribute_ids"]:
        raise DataError(f"train.csv has the columns {list(table.columns)}; id and attribute_ids are expected")
    require_unique(table, "id", "train.csv")
    train, test = train_test_split(table, 0.15)

    write_csv(train, public / "train.csv")
    write_answers_and_sample(
        test, {"attribute_ids": "0 1 2"}, private / "answers.csv", public / "sample_submission.csv"
    )
    place(raw / "labels.csv", public / "labels.csv")
    if revision == "v2":
        place(raw / "labels.csv", private / "labels.csv")
    for part, rows in (("train", train), ("test", test)):
        place_named([f"{name}.png" for name in rows["id"]], raw / "train", public / part)

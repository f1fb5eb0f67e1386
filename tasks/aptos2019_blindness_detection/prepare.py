"""Random 90/10 split of the graded photographs."""

from __future__ import annotations

from pathlib import Path

from mlebench_inspect.graders.submission import Revision
from mlebench_inspect.tasks.preparing import (
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
    require_unique(table, "id_code", "train.csv")
    train, test = train_test_split(table, 0.1)

    for part, rows in (("train", train), ("test", test)):
        place_named([f"{name}.png" for name in rows["id_code"]], raw / "train_images", public / f"{part}_images")
    write_csv(train, public / "train.csv")
    write_csv(test.drop(columns="diagnosis"), public / "test.csv")
    write_answers_and_sample(test, {"diagnosis": 0}, private / "test.csv", public / "sample_submission.csv")

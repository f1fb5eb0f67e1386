"""Random 90/10 split of the radiographs; annotations of training images only."""

from __future__ import annotations

from pathlib import Path

from mlebench_inspect.graders.submission import Revision
from mlebench_inspect.tasks.preparing import (
    place_named,
    read_csv,
    require_unique,
    train_test_split,
    write_csv,
)
from mlebench_inspect.tasks.ranzcr_clip_catheter_line_classification.grade import ID, scored_labels


def prepare(raw: Path, public: Path, private: Path, revision: Revision) -> None:
    """The sample submission shows nine of the eleven labels in v1, all in v2."""
    table = read_csv(raw / "train.csv")
    require_unique(table, ID, "train.csv")
    train, test = train_test_split(table, 0.1)
    annotations = read_csv(raw / "train_annotations.csv")

    for part, rows in (("train", train), ("test", test)):
        place_named([f"{uid}.jpg" for uid in rows[ID]], raw / "train", public / part)
    write_csv(train, public / "train.csv")
    write_csv(annotations[annotations[ID].isin(train[ID])], public / "train_annotations.csv")
    write_csv(test, private / "test.csv")
    write_csv(test[[ID]].assign(**dict.fromkeys(scored_labels(revision), 0)), public / "sample_submission.csv")

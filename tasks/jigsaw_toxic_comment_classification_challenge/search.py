"""Comments of the training data in the place of Kaggle's test set and its released labels."""

from __future__ import annotations

from pathlib import Path

from mlebench_inspect.graders.submission import Revision
from mlebench_inspect.tasks.jigsaw_toxic_comment_classification_challenge.grade import CLASSES
from mlebench_inspect.tasks.preparing import read_csv, train_test_split, write_csv, zip_files


def make_raw(public: Path, raw: Path, revision: Revision) -> None:
    """The four tables, each in an archive."""
    train, held_back = train_test_split(read_csv(public / "train.csv"), 0.1)
    labels = held_back[["id", *CLASSES]]
    tables = {"train": train, "test": held_back[["id", "comment_text"]], "test_labels": labels}
    for name, table in (tables | {"sample_submission": labels}).items():
        file = raw / f"{name}.csv"
        write_csv(table, file)
        zip_files(raw / f"{file.name}.zip", [(file.name, file)])
        file.unlink()

"""Random 90/10 split of the labelled molecules."""

from __future__ import annotations

from pathlib import Path

from mlebench_inspect.graders.submission import Revision
from mlebench_inspect.tasks.preparing import DataError, read_csv, train_test_split, write_csv

FEATURES = 31
LABELS = [f"EC{i}" for i in range(1, 7)]


def prepare(raw: Path, public: Path, private: Path, revision: Revision) -> None:
    """`train.csv` becomes train, with all six labels, and test, with none; only two labels are asked for."""
    table = read_csv(raw / "train.csv")
    if len(table.columns) != 1 + FEATURES + len(LABELS):
        raise DataError(f"train.csv has {len(table.columns)} columns instead of {1 + FEATURES + len(LABELS)}")
    train, test = train_test_split(table, 0.1)

    write_csv(train, public / "train.csv")
    write_csv(test.drop(columns=LABELS), public / "test.csv")
    write_csv(test, private / "test.csv")
    write_csv(test[["id"]].assign(EC1=0.5, EC2=0.5), public / "sample_submission.csv")

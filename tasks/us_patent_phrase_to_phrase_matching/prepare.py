"""Random 90/10 split of the rated phrase pairs."""

from __future__ import annotations

from pathlib import Path

from mlebench_inspect.graders.submission import Revision
from mlebench_inspect.tasks.preparing import read_csv, require_unique, train_test_split, write_csv


def prepare(raw: Path, public: Path, private: Path, revision: Revision) -> None:
    """`train.csv` becomes train and test in shuffled order."""
    table = read_csv(raw / "train.csv")
    require_unique(table, "id", "train.csv")
    train, test = train_test_split(table, 0.1)

    write_csv(train, public / "train.csv")
    write_csv(test.drop(columns="score"), public / "test.csv")
    write_csv(test, private / "test.csv")
    write_csv(test[["id"]].assign(score=0), public / "sample_submission.csv")

"""Random split of simulated machine states; one row in nine is held out."""

from __future__ import annotations

from pathlib import Path

from mlebench_inspect.graders.submission import Revision
from mlebench_inspect.tasks.preparing import read_csv, train_test_split, write_answers_and_sample, write_csv


def prepare(raw: Path, public: Path, private: Path, revision: Revision) -> None:
    """`train.csv` becomes train and test in shuffled order, numbered anew: first the train rows, then the test rows."""
    table = read_csv(raw / "train.csv")
    train, test = train_test_split(table, len(table) // 9)  # 100,000 of the 900,000 rows
    train = train.assign(id=range(len(train)))
    test = test.assign(id=range(len(train), len(table)))

    write_csv(train, public / "train.csv")
    write_csv(test.drop(columns="target"), public / "test.csv")
    write_csv(test, private / "test.csv")
    write_answers_and_sample(
        test[["id", "target"]], {"target": 0.5}, private / "gold_submission.csv", public / "sample_submission.csv"
    )

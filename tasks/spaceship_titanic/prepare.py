"""Random 90/10 split of the labelled passengers."""

from __future__ import annotations

from pathlib import Path

from mlebench_inspect.graders.submission import Revision
from mlebench_inspect.tasks.preparing import group_split, read_csv, train_test_positions, write_csv


def prepare(raw: Path, public: Path, private: Path, revision: Revision) -> None:
    """`train.csv` becomes train and test; in v2 whole travelling groups (`gggg` of the id) stay on one side."""
    table = read_csv(raw / "train.csv")
    if revision == "v1":
        train_rows, test_rows = train_test_positions(len(table), 0.1)
    else:
        train_rows, test_rows = group_split(table["PassengerId"].str.partition("_")[0], 0.1)
    train, test = table.iloc[train_rows], table.iloc[test_rows]

    write_csv(train, public / "train.csv")
    write_csv(test.drop(columns="Transported"), public / "test.csv")
    write_csv(test, private / "test.csv")
    write_csv(test[["PassengerId"]].assign(Transported=False), public / "sample_submission.csv")

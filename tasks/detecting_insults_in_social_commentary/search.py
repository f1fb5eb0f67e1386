"""Comments of the training data in the place of Kaggle's released solution."""

from __future__ import annotations

from pathlib import Path

from mlebench_inspect.graders.submission import Revision
from mlebench_inspect.tasks.preparing import group_split, read_csv, write_csv


def make_raw(public: Path, raw: Path, revision: Revision) -> None:
    """Equal comments stay together, as train and test have none in common."""
    table = read_csv(public / "train.csv")
    train, held_back = group_split(table["Comment"], 0.1)
    write_csv(table.iloc[train], raw / "train.csv")
    write_csv(table.iloc[held_back].assign(Usage="PrivateTest"), raw / "test_with_solutions.csv")

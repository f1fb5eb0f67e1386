"""Splits the raw data into what agents see and the answers."""

from __future__ import annotations

from pathlib import Path

from mlebench_inspect.graders.submission import Revision
from mlebench_inspect.tasks.preparing import read_csv, train_test_split, write_csv


def prepare(raw: Path, public: Path, private: Path, revision: Revision) -> None:
    """Keeps 20 % of the flats as test set.

    The split must be the same each time: `train_test_split` is, by its seed. If rows belong together (two pictures of
    one patient), split by groups: `group_split` in the same module. `tasks/preparing.py` has more, for archives too.

    Args:
        raw: What the user has; it is only read.
        public: New folder; agents see all that is written here. description.md is added to it.
        private: New folder for the answers, which no agent sees.
        revision: One of `revisions` in competition.yaml.
    """
    flats = read_csv(raw / "flats.csv")
    train, test = train_test_split(flats, 0.2)
    write_csv(train, public / "train.csv")
    write_csv(test.drop(columns="rent"), public / "test.csv")
    write_csv(test[["id", "rent"]], private / "test.csv")
    write_csv(test[["id"]].assign(rent=700.0), public / "sample_submission.csv")

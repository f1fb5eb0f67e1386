"""Random 90/10 split of the subjects."""

from __future__ import annotations

from pathlib import Path

from mlebench_inspect.graders.submission import Revision
from mlebench_inspect.tasks.preparing import (
    place_tree,
    read_csv,
    require_unique,
    train_test_split,
    write_answers_and_sample,
    write_csv,
)

ID, TARGET = "BraTS21ID", "MGMT_value"


def prepare(raw: Path, public: Path, private: Path, revision: Revision) -> None:
    """Ids keep their leading zeros. Both revisions are alike."""
    table = read_csv(raw / "train_labels.csv", dtype={ID: str})
    require_unique(table, ID, "train_labels.csv")
    train, test = train_test_split(table, 0.1)
    write_csv(train[[ID, TARGET]], public / "train_labels.csv")
    answers, sample = private / "test.csv", public / "sample_submission.csv"
    write_answers_and_sample(test[[ID, TARGET]], {TARGET: 0.5}, answers, sample)
    for part, rows in (("train", train), ("test", test)):
        for subject in rows[ID]:
            place_tree(raw / "train" / subject, public / part / subject)

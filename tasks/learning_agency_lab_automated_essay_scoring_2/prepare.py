"""Random 90/10 split of the scored essays."""

from __future__ import annotations

from pathlib import Path

from mlebench_inspect.graders.submission import Revision
from mlebench_inspect.tasks.preparing import (
    read_csv,
    require_raw_columns,
    require_unique,
    train_test_split,
    write_csv,
)


def prepare(raw: Path, public: Path, private: Path, revision: Revision) -> None:
    """`train.csv` becomes train and test; the sample submission is random. Both revisions have the same files."""
    import numpy as np

    table = read_csv(raw / "train.csv")
    require_raw_columns(table, ["essay_id", "full_text", "score"], "train.csv")
    require_unique(table, "essay_id", "train.csv")
    train, test = train_test_split(table, 0.1)

    write_csv(train, public / "train.csv")
    write_csv(test.drop(columns="score"), public / "test.csv")
    write_csv(test, private / "answers.csv")
    guesses = np.random.RandomState(42).randint(1, 7, size=len(test))
    write_csv(test[["essay_id"]].assign(score=guesses), public / "sample_submission.csv")

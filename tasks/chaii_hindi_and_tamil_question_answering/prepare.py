"""Random 90/10 split of the answered questions."""

from __future__ import annotations

from pathlib import Path

from mlebench_inspect.graders.submission import Revision
from mlebench_inspect.tasks.preparing import (
    read_csv,
    require_raw_columns,
    require_unique,
    train_test_split,
    write_answers_and_sample,
    write_csv,
)

COLUMNS = ["id", "context", "question", "answer_text", "answer_start", "language"]


def prepare(raw: Path, public: Path, private: Path, revision: Revision) -> None:
    """`train.csv` becomes train and test. Both revisions have the same files."""
    table = read_csv(raw / "train.csv")
    require_raw_columns(table, COLUMNS, "train.csv")
    require_unique(table, "id", "train.csv")
    train, test = train_test_split(table, 0.1)
    answers = test[["id", "answer_text"]].rename(columns={"answer_text": "PredictionString"})

    write_csv(train, public / "train.csv")
    write_csv(test[["id", "context", "question", "language"]], public / "test.csv")
    write_answers_and_sample(
        answers, {"PredictionString": "dummy text"}, private / "test.csv", public / "sample_submission.csv"
    )

"""Random 90/10 split of the judged conversations."""

from __future__ import annotations

from pathlib import Path

from mlebench_inspect.graders.submission import Revision
from mlebench_inspect.tasks.lmsys_chatbot_arena.grade import OUTCOMES
from mlebench_inspect.tasks.preparing import (
    DataError,
    read_csv,
    require_raw_columns,
    require_unique,
    train_test_split,
    write_csv,
)

COLUMNS = ["id", "model_a", "model_b", "prompt", "response_a", "response_b", *OUTCOMES]


def prepare(raw: Path, public: Path, private: Path, revision: Revision) -> None:
    """`train.csv` becomes train and test; the test set has neither votes nor models. v2 has the same files."""
    table = read_csv(raw / "train.csv")
    require_raw_columns(table, COLUMNS, "train.csv")
    require_unique(table, "id", "train.csv")
    votes = table[OUTCOMES]
    wrong = table["id"][(votes.sum(axis=1) != 1) | ~votes.isin([0, 1]).all(axis=1)]
    if len(wrong):
        raise DataError(f"train.csv: id {wrong.iloc[0]} has not exactly one outcome")
    train, test = train_test_split(table, 0.1)

    write_csv(train, public / "train.csv")
    write_csv(test[["id", "prompt", "response_a", "response_b"]], public / "test.csv")
    write_csv(test, private / "answers.csv")
    write_csv(test[["id"]].assign(**dict.fromkeys(OUTCOMES, 1 / 3)), public / "sample_submission.csv")

"""The released solution is the test set; nothing is split."""

from __future__ import annotations

from pathlib import Path

from mlebench_inspect.graders.submission import Revision
from mlebench_inspect.tasks.preparing import DataError, place, read_csv, require_raw_columns, write_csv

COLUMNS = ["Insult", "Date", "Comment"]


def prepare(raw: Path, public: Path, private: Path, revision: Revision) -> None:
    """`train.csv` stays as it is, `test_with_solutions.csv` gives the test files. v2 is the same."""
    train, solutions = read_csv(raw / "train.csv"), read_csv(raw / "test_with_solutions.csv")
    require_raw_columns(train, COLUMNS, "train.csv")
    require_raw_columns(solutions, [*COLUMNS, "Usage"], "test_with_solutions.csv")
    shared = solutions.loc[solutions["Comment"].isin(train["Comment"]), "Comment"]
    if len(shared):
        raise DataError(f"test_with_solutions.csv: the comment {shared.iloc[0]!r:.80} occurs in train.csv too")

    place(raw / "train.csv", public / "train.csv")
    place(raw / "test_with_solutions.csv", private / "test.csv")
    gold = solutions[COLUMNS]
    write_csv(gold, private / "gold_submission.csv")
    write_csv(gold.drop(columns="Insult"), public / "test.csv")
    write_csv(gold.assign(Insult=0), public / "sample_submission_null.csv")
    if not read_csv(public / "test.csv").equals(gold.drop(columns="Insult")):
        raise DataError("test_with_solutions.csv: dates or comments change when they are written and read again")

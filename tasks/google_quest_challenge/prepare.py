"""90/10 split of the question-answer pairs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from mlebench_inspect.graders.submission import Revision
from mlebench_inspect.tasks.google_quest_challenge.grade import ID, TARGETS
from mlebench_inspect.tasks.preparing import (
    DataError,
    group_split,
    read_csv,
    require_raw_columns,
    require_unique,
    train_test_positions,
    write_csv,
)

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

FEATURES = [
    "qa_id",
    "question_title",
    "question_body",
    "question_user_name",
    "question_user_page",
    "answer",
    "answer_user_name",
    "answer_user_page",
    "url",
    "category",
    "host",
]
RARE = "question_type_spelling"


def prepare(raw: Path, public: Path, private: Path, revision: Revision) -> None:
    """Random split of the rows in v1, of the questions in v2; a rare label is brought into the test set if need be."""
    import numpy as np

    table = read_csv(raw / "train.csv")
    require_raw_columns(table, [*FEATURES, *TARGETS], "train.csv")
    require_unique(table, ID, "train.csv")
    if revision == "v1":
        train_rows, test_rows = train_test_positions(len(table), 0.1)
    else:
        question = table["question_body"].fillna("")
        train_rows, test_rows = group_split(question, 0.1)
    if table[RARE].iloc[test_rows].nunique() == 1:
        chosen = _first_rare(table, train_rows)
        if revision == "v1":
            train_rows[chosen], test_rows[0] = test_rows[0], train_rows[chosen]
        else:  # the two questions change sides with all their rows
            to_train = (question == question.iloc[test_rows[0]]).to_numpy()
            to_test = (question == question.iloc[train_rows[chosen]]).to_numpy()
            in_test = (np.isin(np.arange(len(table)), test_rows) & ~to_train) | to_test
            train_rows, test_rows = np.flatnonzero(~in_test), np.flatnonzero(in_test)
    train, test = table.iloc[train_rows], table.iloc[test_rows]
    answers = test[[ID, *TARGETS]]
    constant = [t for t in TARGETS if answers[t].nunique() < 2]
    if constant:
        raise DataError(f"train.csv: {constant[0]} has one value in all test rows, so that it cannot be ranked")

    write_csv(train, public / "train.csv")
    write_csv(test[FEATURES], public / "test.csv")
    write_csv(answers, private / "test.csv")
    rising = np.linspace(0, 1, len(test))
    write_csv(answers.assign(**dict.fromkeys(TARGETS, rising)), public / "sample_submission.csv")


def _first_rare(table: pd.DataFrame, train_rows: np.ndarray) -> int:
    """Place of the first train row in which the rare label is not 0."""
    rare = (table[RARE].iloc[train_rows] != 0).to_numpy()
    if not rare.any():
        raise DataError(f"train.csv: {RARE} is 0 in all rows")
    return int(rare.argmax())

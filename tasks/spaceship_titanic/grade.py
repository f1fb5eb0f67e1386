"""Accuracy of the predicted outcome, passenger by passenger."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mlebench_inspect.graders.metrics.classification import accuracy
from mlebench_inspect.graders.submission import Revision, aligned, refuse_where

if TYPE_CHECKING:
    import pandas as pd

ID, TARGET = "PassengerId", "Transported"
WORDS = {"true": 1, "false": 0, "1": 1, "0": 0, "1.0": 1, "0.0": 0}


def grade(answers: pd.DataFrame, submission: pd.DataFrame, revision: Revision) -> float:
    """Compares True/False or 1/0; in v2 the words true and false count in any letter case, also mixed."""
    import pandas as pd

    answers, submission = aligned(answers, submission, ID, [TARGET])
    given = submission[TARGET]
    values: Any
    if revision == "v1" and pd.api.types.is_numeric_dtype(given):
        values = given.astype(float).where(lambda v: v % 1 == 0)  # v1 counts other whole numbers as wrong labels
    else:
        values = given.astype(str).str.strip().str.lower().map(WORDS)
    refuse_where(submission, values.isna(), TARGET, "True or False in every row", id_column=ID)
    if revision == "v1":
        text = given.map(lambda v: isinstance(v, str))  # such as True in one row and 1 in another
        refuse_where(submission, text, TARGET, "True and False alone, or 1 and 0 alone", id_column=ID)
    return accuracy(answers.astype({TARGET: float}), submission.assign(**{TARGET: values.astype(float)}), target=TARGET)

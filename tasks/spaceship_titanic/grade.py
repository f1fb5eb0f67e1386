"""Accuracy of the predicted outcome, passenger by passenger."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mlebench_inspect.graders.metrics.classification import accuracy
from mlebench_inspect.graders.submission import Revision, aligned, refuse_where

if TYPE_CHECKING:
    import pandas as pd

ID, TARGET = "PassengerId", "Transported"


def grade(answers: pd.DataFrame, submission: pd.DataFrame, revision: Revision) -> float:
    """Compares True/False or 1/0; in v2 the words true and false count in any letter case, also mixed."""
    import pandas as pd

    answers, submission = aligned(answers, submission, ID, [TARGET])
    given = submission[TARGET]
    values: Any
    must = "True or False in every row"
    if revision == "v2":
        words = {"true": 1, "false": 0, "1": 1, "0": 0, "1.0": 1, "0.0": 0}
        values = given.astype(str).str.strip().str.lower().map(words)
    elif pd.api.types.is_numeric_dtype(given):
        values = given.astype(float).where(lambda v: v % 1 == 0)  # v1 counts other whole numbers as wrong labels
    else:
        values = given.map({True: 1, False: 0})
    refuse_where(submission, values.isna(), TARGET, must, id_column=ID)
    return accuracy(answers.astype({TARGET: float}), submission.assign(**{TARGET: values.astype(float)}), target=TARGET)

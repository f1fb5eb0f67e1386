"""Accuracy of the predicted outcome, passenger by passenger."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlebench_inspect.graders.metrics.classification import accuracy
from mlebench_inspect.graders.submission import Revision, Tables, aligned, all_text, refuse_where

if TYPE_CHECKING:
    import pandas as pd

ID, TARGET = "PassengerId", "Transported"
WORDS = {"true": 1, "false": 0, "1": 1, "0": 0, "1.0": 1, "0.0": 0}
MUST = "True or False in every row"


def checked(known: pd.DataFrame, submission: pd.DataFrame, revision: Revision) -> Tables:
    """True/False or 1/0; in v2 the words true and false count in any letter case, also mixed.

    v1 takes other whole numbers as well. So it does all texts of a column that holds more than two different ones, as
    a single word among True and False makes of it; fewer texts, such as Yes and No, it refuses.
    """
    known, submission = aligned(known, submission, ID, [TARGET])
    given = submission[TARGET]
    if revision == "v1":
        if _many_texts(given):
            return known, submission
        text = given.map(lambda v: isinstance(v, str)).to_numpy(dtype=bool)
        # one odd cell makes text of the others, too: that one is named
        odd = text & ~given.astype(str).str.strip().str.lower().isin(WORDS).to_numpy(dtype=bool)
        refuse_where(submission, odd if odd.any() else text, TARGET, MUST, id_column=ID)
        values = given.astype(float)
        label = (values % 1 == 0) & (values >= -(2.0**63)) & (values < 2.0**63) | (given.dtype.kind in "iu")
        refuse_where(submission, ~label, TARGET, MUST, id_column=ID)
    else:
        values = given.astype(str).str.strip().str.lower().map(WORDS)
        refuse_where(submission, values.isna(), TARGET, MUST, id_column=ID)
    return known, submission.assign(**{TARGET: values.astype(float)})


def grade(answers: pd.DataFrame, submission: pd.DataFrame, revision: Revision) -> float:
    """v1 counts other whole numbers and texts as wrong labels."""
    answers, submission = checked(answers, submission, revision)
    if _many_texts(submission[TARGET]):
        return 0.0
    return accuracy(answers.astype({TARGET: float}), submission, target=TARGET)


def _many_texts(given: pd.Series) -> bool:
    return all_text(given) and given.nunique() > 2

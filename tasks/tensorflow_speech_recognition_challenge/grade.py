"""Accuracy of the labels, compared as exact text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlebench_inspect.graders.metrics.classification import accuracy
from mlebench_inspect.graders.submission import Revision, Tables, aligned, refuse_where

if TYPE_CHECKING:
    import pandas as pd

ID, TARGET = "fname", "label"


def checked(known: pd.DataFrame, submission: pd.DataFrame, revision: Revision) -> Tables:
    """Labels that are none of the task's are wrong, not invalid; so are whole numbers, but not fractional ones."""
    import pandas as pd

    known, submission = aligned(known, submission, ID, [TARGET])
    given = submission[TARGET]
    must = "a label in every row (NA, null, None and the like are read as missing)"
    refuse_where(submission, given.isna(), TARGET, must, id_column=ID)
    if pd.api.types.is_float_dtype(given):
        whole = (given.abs() < 2.0**63) & (given % 1 == 0)
        refuse_where(submission, ~whole, TARGET, "labels, not numbers", id_column=ID)
    return known, submission


def grade(answers: pd.DataFrame, submission: pd.DataFrame, revision: Revision) -> float:
    """The metric of what `checked` returns."""
    answers, submission = checked(answers, submission, revision)
    return accuracy(answers, submission.astype({TARGET: object}), target=TARGET)

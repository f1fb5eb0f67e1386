"""Accuracy of the predicted classes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlebench_inspect.graders.metrics.classification import accuracy
from mlebench_inspect.graders.submission import Revision, Tables, aligned, refuse_where, require_numbers

if TYPE_CHECKING:
    import pandas as pd

ID, TARGET = "image_id", "label"


def checked(known: pd.DataFrame, submission: pd.DataFrame, revision: Revision) -> Tables:
    """Whole numbers; v1 takes words as well."""
    known, submission = aligned(known, submission, ID, [TARGET])
    if revision == "v1" and _holds_words(submission):
        refuse_where(submission, submission[TARGET].isna(), TARGET, "a whole number in every row", id_column=ID)
    else:
        require_numbers(submission, [TARGET], id_column=ID, whole=True, booleans=revision == "v1")
    return known, submission


def grade(answers: pd.DataFrame, submission: pd.DataFrame, revision: Revision) -> float:
    """In v1 a word in one row makes the column text, in which no row counts as right."""
    answers, submission = checked(answers, submission, revision)
    if revision == "v1" and _holds_words(submission):
        return 0.0
    return accuracy(answers, submission.astype({TARGET: float}), target=TARGET)


def _holds_words(submission: pd.DataFrame) -> bool:
    return bool(submission[TARGET].map(lambda v: isinstance(v, str)).any())

"""Accuracy of the predicted classes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlebench_inspect.graders.metrics.classification import accuracy
from mlebench_inspect.graders.submission import Revision, aligned, refuse_where, require_numbers

if TYPE_CHECKING:
    import pandas as pd

ID, TARGET = "image_id", "label"


def grade(answers: pd.DataFrame, submission: pd.DataFrame, revision: Revision) -> float:
    """Whole numbers. In v1 a word in one row makes the column text, in which no row counts as right."""
    answers, submission = aligned(answers, submission, ID, [TARGET])
    given = submission[TARGET]
    if revision == "v1" and given.map(lambda v: isinstance(v, str)).any():
        refuse_where(submission, given.isna(), TARGET, "a whole number in every row", id_column=ID)
        return 0.0
    require_numbers(submission, [TARGET], id_column=ID, whole=True, booleans=revision == "v1")
    return accuracy(answers, submission.astype({TARGET: float}), target=TARGET)

"""Accuracy of the category, product by product."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlebench_inspect.graders.metrics.classification import accuracy
from mlebench_inspect.graders.submission import Revision, Tables, aligned, require_labels, require_numbers

if TYPE_CHECKING:
    import pandas as pd

ID, TARGET = "_id", "category_id"


def checked(known: pd.DataFrame, submission: pd.DataFrame, revision: Revision) -> Tables:
    """A column of text passes in v1; v2 takes whole numbers alone."""
    known, submission = aligned(known, submission, ID, [TARGET])
    if revision == "v2":
        require_numbers(submission, [TARGET], id_column=ID, whole=True, booleans=False)
        submission = submission.assign(**{TARGET: submission[TARGET].astype(float)})
    else:
        require_labels(submission, TARGET, id_column=ID)
    return known, submission


def grade(answers: pd.DataFrame, submission: pd.DataFrame, revision: Revision) -> float:
    """A column of text scores 0."""
    return accuracy(*checked(answers, submission, revision), target=TARGET)

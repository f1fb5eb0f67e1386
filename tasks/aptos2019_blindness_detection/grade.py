"""Quadratic weighted kappa of the predicted grades."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlebench_inspect.graders.metrics.classification import quadratic_weighted_kappa
from mlebench_inspect.graders.submission import Revision, Tables, aligned, require_numbers

if TYPE_CHECKING:
    import pandas as pd

ID, TARGET = "id_code", "diagnosis"
GRADES = [0, 1, 2, 3, 4]


def checked(known: pd.DataFrame, submission: pd.DataFrame, revision: Revision) -> Tables:
    """Whole numbers, any in v1; v2 has the scale 0 to 4."""
    known, submission = aligned(known, submission, ID, [TARGET])
    if revision == "v1":
        require_numbers(submission, [TARGET], id_column=ID, whole=True)
    else:
        require_numbers(submission, [TARGET], id_column=ID, minimum=0, maximum=4, whole=True, booleans=False)
    if submission[TARGET].dtype.kind not in "iu":
        submission = submission.astype({TARGET: int})
    return known, submission


def grade(answers: pd.DataFrame, submission: pd.DataFrame, revision: Revision) -> float:
    """v1 weighs errors by rank among the grades that occur; v2 by the scale."""
    answers, submission = checked(answers, submission, revision)
    labels = None if revision == "v1" else GRADES
    return quadratic_weighted_kappa(answers, submission, target=TARGET, labels=labels)

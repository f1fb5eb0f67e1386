"""Probabilistic F1 score over breasts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlebench_inspect.graders.metrics.classification import probabilistic_f1
from mlebench_inspect.graders.submission import InvalidSubmission, Revision, aligned, refuse_text, require_numbers

if TYPE_CHECKING:
    import pandas as pd

ID, TARGET = "prediction_id", "cancer"


def grade(answers: pd.DataFrame, submission: pd.DataFrame, revision: Revision) -> float:
    """Values are clipped to [0, 1]. In v1 a missing value makes the score 0, and all values below 0 are invalid."""
    answers, submission = aligned(answers, submission, ID, [TARGET])
    if revision == "v2":
        require_numbers(submission, [TARGET], id_column=ID, booleans=False)
        if (submission[TARGET] <= 0).all():
            return 0.0
    else:
        require_numbers(submission, [TARGET], id_column=ID, finite=False, missing=True)
        refuse_text(submission, [TARGET], gaps=True)
        if (submission[TARGET].astype(float) < 0).all():
            raise InvalidSubmission(f"column {TARGET} holds nothing but negative numbers; give values from 0 to 1")
    return probabilistic_f1(answers, submission, target=TARGET)

"""Probabilistic F1 score over breasts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlebench_inspect.graders.metrics.classification import probabilistic_f1
from mlebench_inspect.graders.submission import (
    InvalidSubmission,
    Revision,
    Tables,
    aligned,
    refuse_text,
    require_numbers,
)

if TYPE_CHECKING:
    import pandas as pd

ID, TARGET = "prediction_id", "cancer"


def checked(known: pd.DataFrame, submission: pd.DataFrame, revision: Revision) -> Tables:
    """Numbers; v1 takes missing values and refuses a column of nothing but values below 0."""
    known, submission = aligned(known, submission, ID, [TARGET])
    if revision == "v2":
        require_numbers(submission, [TARGET], id_column=ID, booleans=False)
        refuse_text(submission, [TARGET])
    else:
        require_numbers(submission, [TARGET], id_column=ID, finite=False, missing=True)
        refuse_text(submission, [TARGET], gaps=True)
        if (submission[TARGET].astype(float) < 0).all():
            raise InvalidSubmission(f"column {TARGET} holds nothing but negative numbers; give values from 0 to 1")
    return known, submission


def grade(answers: pd.DataFrame, submission: pd.DataFrame, revision: Revision) -> float:
    """Values are clipped to [0, 1]. In v1 a missing value makes the score 0."""
    answers, submission = checked(answers, submission, revision)
    if revision == "v2" and (submission[TARGET] <= 0).all():
        return 0.0
    return probabilistic_f1(answers, submission, target=TARGET)

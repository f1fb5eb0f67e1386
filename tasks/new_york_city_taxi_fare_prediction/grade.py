"""Root mean squared error of the fare in dollars."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlebench_inspect.graders.metrics.regression import root_mean_squared_error
from mlebench_inspect.graders.submission import (
    InvalidSubmission,
    Revision,
    Tables,
    aligned,
    as_floats,
    require_columns,
    require_numbers,
    require_rows,
)

if TYPE_CHECKING:
    import pandas as pd

ID, TARGET = "key", "fare_amount"


def checked(known: pd.DataFrame, submission: pd.DataFrame, revision: Revision) -> Tables:
    """Aligns by key in v2; v1 sorts both tables by their own keys and never compares these."""
    require_columns(submission, [TARGET, ID])
    require_rows(submission, len(known))
    if revision == "v1":
        submission = as_floats(submission, [TARGET])
    require_numbers(submission, [TARGET], id_column=ID)
    if revision == "v2":
        known, submission = aligned(known, submission, ID, [TARGET])
    else:
        known = known.sort_values(ID)
        try:
            submission = submission.sort_values(ID)
        except TypeError:
            raise InvalidSubmission(
                f"column {ID} mixes numbers and text; copy the keys exactly as they stand in test.csv"
            ) from None
    return known, submission


def grade(answers: pd.DataFrame, submission: pd.DataFrame, revision: Revision) -> float:
    """The metric of what `checked` returns."""
    return root_mean_squared_error(*checked(answers, submission, revision), target=TARGET)

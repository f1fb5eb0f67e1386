"""Multi-class log loss over three authors."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlebench_inspect.graders.metrics.classification import multiclass_log_loss
from mlebench_inspect.graders.submission import (
    InvalidSubmission,
    Revision,
    Tables,
    aligned,
    require_columns,
    require_numbers,
    require_row_sums,
    rescaled_rows,
)

if TYPE_CHECKING:
    import pandas as pd

ID, AUTHORS = "id", ["EAP", "HPL", "MWS"]


def checked(known: pd.DataFrame, submission: pd.DataFrame, revision: Revision) -> Tables:
    """Rows must sum to one in v1; v2 divides each row by its sum and takes the columns in any position."""
    require_columns(submission, [ID, *AUTHORS], exact=True)
    if revision == "v1" and submission.columns[0] != ID:
        raise InvalidSubmission(f"the first column is {submission.columns[0]!r}; put {ID} first")
    known, submission = aligned(known, submission, ID, AUTHORS)
    if revision == "v2":
        return known, rescaled_rows(submission, AUTHORS, id_column=ID)
    require_numbers(submission, AUTHORS, id_column=ID, minimum=0, maximum=1)
    require_row_sums(submission, AUTHORS, id_column=ID, tolerance=1.1e-5)
    return known, submission


def grade(answers: pd.DataFrame, submission: pd.DataFrame, revision: Revision) -> float:
    """The metric of what `checked` returns."""
    answers, submission = checked(answers, submission, revision)
    if revision == "v2":
        return multiclass_log_loss(answers, submission, targets=AUTHORS, eps=1e-15)
    return multiclass_log_loss(answers, submission, targets=AUTHORS)

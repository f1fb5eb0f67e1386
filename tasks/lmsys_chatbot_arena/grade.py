"""Multi-class log loss over the three outcomes of a comparison."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlebench_inspect.graders.metrics.classification import multiclass_log_loss
from mlebench_inspect.graders.submission import Revision, Tables, aligned, refuse_where, require_numbers, rescaled_rows

if TYPE_CHECKING:
    import pandas as pd

ID, OUTCOMES = "id", ["winner_model_a", "winner_model_b", "winner_tie"]


def checked(known: pd.DataFrame, submission: pd.DataFrame, revision: Revision) -> Tables:
    """Rows must sum to one, rounded to six decimals, in v1; v2 divides each row by its sum."""
    known, submission = aligned(known, submission, ID, OUTCOMES)
    if revision == "v2":
        submission = rescaled_rows(submission, OUTCOMES, id_column=ID)
    else:
        require_numbers(submission, OUTCOMES, id_column=ID, minimum=0, maximum=1)
        sums = submission[OUTCOMES].sum(axis=1).round(6)
        must = "probabilities that sum to 1 (to 6 decimals) with the other two; do not round them"
        refuse_where(submission, sums != 1, OUTCOMES[0], must, id_column=ID)
    return known, submission


def grade(answers: pd.DataFrame, submission: pd.DataFrame, revision: Revision) -> float:
    """The metric of what `checked` returns."""
    return multiclass_log_loss(*checked(answers, submission, revision), targets=OUTCOMES)

"""Mean of the areas under the ROC curves of two labels."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlebench_inspect.graders.metrics.classification import mean_column_wise_roc_auc
from mlebench_inspect.graders.submission import Revision, Tables, aligned, as_floats, require_numbers

if TYPE_CHECKING:
    import pandas as pd

ID, TARGETS = "id", ["EC1", "EC2"]


def checked(known: pd.DataFrame, submission: pd.DataFrame, revision: Revision) -> Tables:
    """Any finite numbers are ranked, not only probabilities."""
    known, submission = aligned(known, submission, ID, TARGETS)
    if revision == "v1":
        submission = as_floats(submission, TARGETS)
    require_numbers(submission, TARGETS, id_column=ID)
    return known, submission


def grade(answers: pd.DataFrame, submission: pd.DataFrame, revision: Revision) -> float:
    """The metric of what `checked` returns."""
    return mean_column_wise_roc_auc(*checked(answers, submission, revision), targets=TARGETS)

"""Mean of the areas under the ROC curves of two labels."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlebench_inspect.graders.metrics.classification import mean_column_wise_roc_auc
from mlebench_inspect.graders.submission import Revision, aligned, as_floats, require_numbers

if TYPE_CHECKING:
    import pandas as pd

ID, TARGETS = "id", ["EC1", "EC2"]


def grade(answers: pd.DataFrame, submission: pd.DataFrame, revision: Revision) -> float:
    """Any finite numbers are ranked, not only probabilities."""
    answers, submission = aligned(answers, submission, ID, TARGETS)
    if revision == "v1":
        submission = as_floats(submission, TARGETS)
    require_numbers(submission, TARGETS, id_column=ID)
    return mean_column_wise_roc_auc(answers, submission, targets=TARGETS)

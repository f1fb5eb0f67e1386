"""Mean of the areas under the ROC curve of four conditions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlebench_inspect.graders.metrics.classification import mean_column_wise_roc_auc
from mlebench_inspect.graders.submission import Revision, Tables, aligned, as_floats, require_columns, require_numbers

if TYPE_CHECKING:
    import pandas as pd

ID, CONDITIONS = "image_id", ["healthy", "multiple_diseases", "rust", "scab"]


def checked(known: pd.DataFrame, submission: pd.DataFrame, revision: Revision) -> Tables:
    """Finite numbers of any size, True and False among them."""
    require_columns(submission, [ID, *CONDITIONS], exact=True)
    known, submission = aligned(known, submission, ID, CONDITIONS)
    if revision == "v1":
        submission = as_floats(submission, CONDITIONS)
    require_numbers(submission, CONDITIONS, id_column=ID)
    return known, submission


def grade(answers: pd.DataFrame, submission: pd.DataFrame, revision: Revision) -> float:
    """The metric of what `checked` returns."""
    answers, submission = checked(answers, submission, revision)
    return mean_column_wise_roc_auc(answers, submission.astype(dict.fromkeys(CONDITIONS, float)), targets=CONDITIONS)

"""Area under the ROC curve of the probability of methylation."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlebench_inspect.graders.metrics.classification import roc_auc
from mlebench_inspect.graders.submission import Revision, aligned, require_numbers

if TYPE_CHECKING:
    import pandas as pd

ID, TARGET = "BraTS21ID", "MGMT_value"


def grade(answers: pd.DataFrame, submission: pd.DataFrame, revision: Revision) -> float:
    """Probabilities from 0 to 1; True and False count as 1 and 0 in v1 only. Leading zeros of ids do not matter."""
    answers, submission = aligned(answers, submission, ID, [TARGET])
    require_numbers(submission, [TARGET], id_column=ID, minimum=0, maximum=1, booleans=revision == "v1")
    return roc_auc(answers, submission, target=TARGET)

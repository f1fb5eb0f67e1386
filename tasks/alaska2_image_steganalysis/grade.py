"""Area under the ROC curve, in which low false-alarm rates weigh more."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlebench_inspect.graders.metrics.classification import weighted_roc_auc
from mlebench_inspect.graders.submission import Revision, Tables, aligned, require_numbers

if TYPE_CHECKING:
    import pandas as pd

ID, TARGET = "Id", "Label"


def checked(known: pd.DataFrame, submission: pd.DataFrame, revision: Revision) -> Tables:
    """Any finite numbers; truth values count as 1 and 0 in v1 and are refused in v2."""
    known, submission = aligned(known, submission, ID, [TARGET])
    try:
        numbers = submission.astype({TARGET: float})  # reads a little more than the check does, such as 1_000
    except ValueError:
        numbers = submission
    require_numbers(submission if revision == "v2" else numbers, [TARGET], id_column=ID, booleans=revision == "v1")
    return known, numbers


def grade(answers: pd.DataFrame, submission: pd.DataFrame, revision: Revision) -> float:
    """The metric of what `checked` returns."""
    return weighted_roc_auc(*checked(answers, submission, revision), target=TARGET)

"""Mean over the labels of the area under the ROC curve."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlebench_inspect.graders.metrics.classification import mean_column_wise_roc_auc
from mlebench_inspect.graders.submission import Revision, Tables, aligned, require_numbers

if TYPE_CHECKING:
    import pandas as pd

ID = "StudyInstanceUID"
LABELS = [
    "ETT - Abnormal",
    "ETT - Borderline",
    "ETT - Normal",
    "NGT - Abnormal",
    "NGT - Borderline",
    "NGT - Incompletely Imaged",
    "NGT - Normal",
    "CVC - Abnormal",
    "CVC - Borderline",
    "CVC - Normal",
    "Swan Ganz Catheter Present",
]


def scored_labels(revision: Revision) -> list[str]:
    """The first nine labels in v1, all eleven in v2."""
    return LABELS[:9] if revision == "v1" else LABELS


def checked(known: pd.DataFrame, submission: pd.DataFrame, revision: Revision) -> Tables:
    """Probabilities from 0 to 1; True and False count as 1 and 0 in v1 only."""
    labels = scored_labels(revision)
    known, submission = aligned(known, submission, ID, labels)
    require_numbers(submission, labels, id_column=ID, minimum=0, maximum=1, booleans=revision == "v1")
    return known, submission


def grade(answers: pd.DataFrame, submission: pd.DataFrame, revision: Revision) -> float:
    """The metric of what `checked` returns."""
    return mean_column_wise_roc_auc(*checked(answers, submission, revision), targets=scored_labels(revision))

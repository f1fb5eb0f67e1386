"""Area under the ROC curve of the probability of a signal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlebench_inspect.graders.metrics.classification import roc_auc
from mlebench_inspect.graders.submission import Revision, Tables, aligned, require_numbers

if TYPE_CHECKING:
    import pandas as pd

ID, TARGET = "id", "target"


def checked(known: pd.DataFrame, submission: pd.DataFrame, revision: Revision) -> Tables:
    """Probabilities from 0 to 1; True and False count as 1 and 0 in v1 only."""
    known, submission = aligned(known, submission, ID, [TARGET])
    require_numbers(submission, [TARGET], id_column=ID, minimum=0, maximum=1, booleans=revision == "v1")
    return known, submission


def grade(answers: pd.DataFrame, submission: pd.DataFrame, revision: Revision) -> float:
    """The metric of what `checked` returns."""
    return roc_auc(*checked(answers, submission, revision), target=TARGET)

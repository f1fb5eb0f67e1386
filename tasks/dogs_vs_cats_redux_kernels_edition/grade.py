"""Logarithmic loss of the predicted probability of a dog."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlebench_inspect.graders.metrics.classification import binary_log_loss
from mlebench_inspect.graders.submission import Revision, Tables, aligned, require_numbers

if TYPE_CHECKING:
    import pandas as pd

ID, TARGET = "id", "label"


def checked(known: pd.DataFrame, submission: pd.DataFrame, revision: Revision) -> Tables:
    """Probabilities in [0, 1]; v1 also takes True and False."""
    known, submission = aligned(known, submission, ID, [TARGET])
    require_numbers(submission, [TARGET], id_column=ID, minimum=0, maximum=1, booleans=revision == "v1")
    return known, submission


def grade(answers: pd.DataFrame, submission: pd.DataFrame, revision: Revision) -> float:
    """The metric of what `checked` returns."""
    return binary_log_loss(*checked(answers, submission, revision), target=TARGET)

"""Root mean squared error of the predicted Pawpularity."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlebench_inspect.graders.metrics.regression import root_mean_squared_error
from mlebench_inspect.graders.submission import Revision, Tables, aligned, require_numbers

if TYPE_CHECKING:
    import pandas as pd

ID, TARGET = "Id", "Pawpularity"


def checked(known: pd.DataFrame, submission: pd.DataFrame, revision: Revision) -> Tables:
    """Numbers in [1, 100], which are not clipped to it; v1 also takes True as 1."""
    known, submission = aligned(known, submission, ID, [TARGET])
    require_numbers(submission, [TARGET], id_column=ID, minimum=1, maximum=100, booleans=revision == "v1")
    return known, submission


def grade(answers: pd.DataFrame, submission: pd.DataFrame, revision: Revision) -> float:
    """The metric of what `checked` returns."""
    return root_mean_squared_error(*checked(answers, submission, revision), target=TARGET)

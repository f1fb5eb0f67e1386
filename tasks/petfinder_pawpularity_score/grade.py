"""Root mean squared error of the predicted Pawpularity."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlebench_inspect.graders.metrics.regression import root_mean_squared_error
from mlebench_inspect.graders.submission import Revision, aligned, require_numbers

if TYPE_CHECKING:
    import pandas as pd

ID, TARGET = "Id", "Pawpularity"


def grade(answers: pd.DataFrame, submission: pd.DataFrame, revision: Revision) -> float:
    """Numbers in [1, 100], which are not clipped to it; v1 also takes True as 1."""
    answers, submission = aligned(answers, submission, ID, [TARGET])
    require_numbers(submission, [TARGET], id_column=ID, minimum=1, maximum=100, booleans=revision == "v1")
    return root_mean_squared_error(answers, submission, target=TARGET)

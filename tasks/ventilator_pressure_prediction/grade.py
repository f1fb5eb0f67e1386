"""Mean absolute error of the pressure while air is let in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlebench_inspect.graders.metrics.regression import mean_absolute_error
from mlebench_inspect.graders.submission import Revision, aligned, as_floats, require_numbers

if TYPE_CHECKING:
    import pandas as pd

ID, TARGET = "id", "pressure"


def grade(answers: pd.DataFrame, submission: pd.DataFrame, revision: Revision) -> float:
    """Scores the rows with `u_out` 0 in the answers; what stands in the other rows matters in v2 alone."""
    answers, submission = aligned(answers, submission, ID, [TARGET])
    if revision == "v2":
        require_numbers(submission, [TARGET], id_column=ID)
    scored = answers["u_out"] == 0
    answers, submission = answers[scored], submission[scored]
    if revision == "v1":
        submission = as_floats(submission, [TARGET])
    require_numbers(submission, [TARGET], id_column=ID)
    return mean_absolute_error(answers, submission, target=TARGET)

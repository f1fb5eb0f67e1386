"""Mean absolute error of the pressure while air is let in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlebench_inspect.graders.metrics.regression import mean_absolute_error
from mlebench_inspect.graders.submission import Revision, Tables, aligned, as_floats, doubt, require_numbers

if TYPE_CHECKING:
    import pandas as pd

ID, TARGET = "id", "pressure"


def checked(known: pd.DataFrame, submission: pd.DataFrame, revision: Revision) -> Tables:
    """Numbers; v1 wants them in scored rows alone, which the check does not know."""
    known, submission = aligned(known, submission, ID, [TARGET])
    if revision == "v2":
        require_numbers(submission, [TARGET], id_column=ID)
    return known, submission


def notice(known: pd.DataFrame, submission: pd.DataFrame, revision: Revision) -> str | None:
    """What is no number."""
    if revision == "v2":
        return None
    return doubt(require_numbers, as_floats(submission, [TARGET]), [TARGET], id_column=ID)


def grade(answers: pd.DataFrame, submission: pd.DataFrame, revision: Revision) -> float:
    """Scores the rows with `u_out` 0 in the answers."""
    answers, submission = checked(answers, submission, revision)
    scored = answers["u_out"] == 0
    answers, submission = answers[scored], submission[scored]
    if revision == "v1":
        submission = as_floats(submission, [TARGET])
        require_numbers(submission, [TARGET], id_column=ID)
    return mean_absolute_error(answers, submission, target=TARGET)

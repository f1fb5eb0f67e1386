"""What a submission is worth."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlebench_inspect.graders.metrics.regression import mean_absolute_error
from mlebench_inspect.graders.submission import Revision, Tables, aligned, require_numbers

if TYPE_CHECKING:
    import pandas as pd

ID, TARGET = "id", "rent"


def checked(known: pd.DataFrame, submission: pd.DataFrame, revision: Revision) -> Tables:
    """Refuses what is wrong with columns, ids and values, and brings both tables into the same order.

    Agents can ask for this check as often as they like, so nothing here may depend on the answers' values: `known` has
    the ids, and is the sample submission in a check and the answers in a grading. To refuse something of your own,
    raise `InvalidSubmission` of graders.submission: what is wrong, where, and the mend, in one line.
    """
    known, submission = aligned(known, submission, ID, [TARGET])
    require_numbers(submission, [TARGET], id_column=ID, minimum=0)
    return known, submission


def grade(answers: pd.DataFrame, submission: pd.DataFrame, revision: Revision) -> float:
    """The score. Any function of the two tables; `graders/metrics` has the usual ones."""
    return mean_absolute_error(*checked(answers, submission, revision), target=TARGET)

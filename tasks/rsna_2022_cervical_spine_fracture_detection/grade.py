"""Weighted log loss over eight labels per study."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlebench_inspect.graders.metrics.classification import weighted_multilabel_log_loss
from mlebench_inspect.graders.submission import Revision, Tables, aligned, require_columns, require_numbers

if TYPE_CHECKING:
    import pandas as pd

ID, TARGET = "row_id", "fractured"


def checked(known: pd.DataFrame, submission: pd.DataFrame, revision: Revision) -> Tables:
    """Probabilities from 0 to 1; alike in both revisions."""
    require_columns(submission, [ID, TARGET])
    require_numbers(submission, [TARGET], id_column=ID, minimum=0, maximum=1)
    known, submission = aligned(known, submission, ID, [TARGET])
    return known, submission


def grade(answers: pd.DataFrame, submission: pd.DataFrame, revision: Revision) -> float:
    """The metric of what `checked` returns."""
    answers, submission = checked(answers, submission, revision)
    return weighted_multilabel_log_loss(
        answers,
        submission,
        target=TARGET,
        group="StudyInstanceUID",
        label="prediction_type",
        weights={"patient_overall": (7, 14)},
        weight=(1, 2),
    )

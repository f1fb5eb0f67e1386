"""Weighted log loss over eight labels per study."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlebench_inspect.graders.metrics.classification import weighted_multilabel_log_loss
from mlebench_inspect.graders.submission import Revision, aligned, require_columns, require_numbers

if TYPE_CHECKING:
    import pandas as pd

ID, TARGET = "row_id", "fractured"


def grade(answers: pd.DataFrame, submission: pd.DataFrame, revision: Revision) -> float:
    """Alike in both revisions."""
    require_columns(submission, [ID, TARGET])
    require_numbers(submission, [TARGET], id_column=ID, minimum=0, maximum=1)
    answers, submission = aligned(answers, submission, ID, [TARGET])
    return weighted_multilabel_log_loss(
        answers,
        submission,
        target=TARGET,
        group="StudyInstanceUID",
        label="prediction_type",
        weights={"patient_overall": (7, 14)},
        weight=(1, 2),
    )

"""Multi-class log loss over 120 breeds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlebench_inspect.graders.metrics.classification import multiclass_log_loss
from mlebench_inspect.graders.submission import (
    Revision,
    aligned,
    require_columns,
    require_numbers,
    require_row_sums,
)

if TYPE_CHECKING:
    import pandas as pd

ID = "id"


def grade(answers: pd.DataFrame, submission: pd.DataFrame, revision: Revision) -> float:
    """Rows must sum to one within 1.1e-5; they are not divided by their sum. Both revisions alike."""
    breeds = [c for c in answers.columns if c != ID]
    require_columns(submission, [ID, *breeds])
    require_numbers(submission, breeds, id_column=ID, minimum=0, maximum=1)
    require_row_sums(submission, breeds, id_column=ID, tolerance=1.1e-5)
    answers, submission = aligned(answers, submission, ID, breeds)
    return multiclass_log_loss(answers, submission, targets=breeds)

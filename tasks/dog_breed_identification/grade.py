"""Multi-class log loss over 120 breeds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlebench_inspect.graders.metrics.classification import multiclass_log_loss
from mlebench_inspect.graders.submission import (
    Revision,
    Tables,
    aligned,
    require_columns,
    require_numbers,
    require_row_sums,
)

if TYPE_CHECKING:
    import pandas as pd

ID = "id"


def checked(known: pd.DataFrame, submission: pd.DataFrame, revision: Revision) -> Tables:
    """Rows must sum to one within 1.1e-5; they are not divided by their sum. Both revisions alike."""
    breeds = _breeds(known)
    require_columns(submission, [ID, *breeds])
    require_numbers(submission, breeds, id_column=ID, minimum=0, maximum=1)
    require_row_sums(submission, breeds, id_column=ID, tolerance=1.1e-5)
    known, submission = aligned(known, submission, ID, breeds)
    return known, submission


def grade(answers: pd.DataFrame, submission: pd.DataFrame, revision: Revision) -> float:
    """The metric of what `checked` returns."""
    return multiclass_log_loss(*checked(answers, submission, revision), targets=_breeds(answers))


def _breeds(table: pd.DataFrame) -> list[str]:
    return [c for c in table.columns if c != ID]

"""Matthews correlation of predicted and true contacts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlebench_inspect.graders.metrics.classification import matthews_correlation_coefficient
from mlebench_inspect.graders.submission import (
    Revision,
    Tables,
    aligned,
    refuse_text,
    refuse_where,
    require_numbers,
)

if TYPE_CHECKING:
    import pandas as pd

ID, TARGET = "contact_id", "contact"


def checked(known: pd.DataFrame, submission: pd.DataFrame, revision: Revision) -> Tables:
    """v1 takes any whole numbers for labels, v2 only 0 and 1."""
    known, submission = aligned(known, submission, ID, [TARGET])
    require_numbers(submission, [TARGET], id_column=ID, whole=True)
    refuse_text(submission, [TARGET])
    labels = submission[TARGET].astype(int)
    if revision == "v2":
        refuse_where(submission, ~labels.isin([0, 1]), TARGET, "0 or 1", id_column=ID)
    return known, submission.assign(**{TARGET: labels})


def grade(answers: pd.DataFrame, submission: pd.DataFrame, revision: Revision) -> float:
    """The metric of what `checked` returns."""
    return matthews_correlation_coefficient(*checked(answers, submission, revision), target=TARGET)

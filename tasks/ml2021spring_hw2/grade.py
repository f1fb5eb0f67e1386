"""Accuracy over the phoneme classes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlebench_inspect.graders.metrics.classification import accuracy
from mlebench_inspect.graders.submission import Revision, aligned, all_text, require_numbers

if TYPE_CHECKING:
    import pandas as pd

ID, TARGET = "Id", "ClassId"


def grade(answers: pd.DataFrame, submission: pd.DataFrame, revision: Revision) -> float:
    """Compares whole numbers; in v1 a column made text by a single word is valid and wrong everywhere."""
    answers, submission = aligned(answers, submission, ID, [TARGET])
    if revision == "v1" and all_text(submission[TARGET]):
        return 0.0
    require_numbers(submission, [TARGET], id_column=ID, whole=True)
    return accuracy(answers, submission, target=TARGET)

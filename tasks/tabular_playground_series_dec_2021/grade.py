"""Accuracy over the classes of forest cover."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlebench_inspect.graders.metrics.classification import accuracy
from mlebench_inspect.graders.submission import Revision, Tables, aligned, all_text, require_numbers

if TYPE_CHECKING:
    import pandas as pd

ID, TARGET = "Id", "Cover_Type"


def checked(known: pd.DataFrame, submission: pd.DataFrame, revision: Revision) -> Tables:
    """Whole numbers; v1 takes a column made text by a single word as well."""
    known, submission = aligned(known, submission, ID, [TARGET])
    if revision == "v2" or not all_text(submission[TARGET]):
        require_numbers(submission, [TARGET], id_column=ID, whole=True)
    return known, submission


def grade(answers: pd.DataFrame, submission: pd.DataFrame, revision: Revision) -> float:
    """In v1 a column of text is wrong everywhere."""
    answers, submission = checked(answers, submission, revision)
    if revision == "v1" and all_text(submission[TARGET]):
        return 0.0
    return accuracy(answers, submission, target=TARGET)

"""Accuracy of the category, product by product."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlebench_inspect.graders.metrics.classification import accuracy
from mlebench_inspect.graders.submission import Revision, aligned, require_labels, require_numbers

if TYPE_CHECKING:
    import pandas as pd

ID, TARGET = "_id", "category_id"


def grade(answers: pd.DataFrame, submission: pd.DataFrame, revision: Revision) -> float:
    """A column of text scores 0 in v1; v2 takes whole numbers alone."""
    answers, submission = aligned(answers, submission, ID, [TARGET])
    if revision == "v2":
        require_numbers(submission, [TARGET], id_column=ID, whole=True, booleans=False)
        submission = submission.assign(**{TARGET: submission[TARGET].astype(float)})
    else:
        require_labels(submission, TARGET, id_column=ID)
    return accuracy(answers, submission, target=TARGET)

"""Accuracy of the predicted labels."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlebench_inspect.graders.metrics.classification import accuracy
from mlebench_inspect.graders.submission import Revision, Tables, aligned, refuse_where

if TYPE_CHECKING:
    import pandas as pd

ID, TARGET = "image_id", "label"
LABELS = [
    "bacterial_leaf_blight",
    "bacterial_leaf_streak",
    "bacterial_panicle_blight",
    "blast",
    "brown_spot",
    "dead_heart",
    "downy_mildew",
    "hispa",
    "normal",
    "tungro",
]


def checked(known: pd.DataFrame, submission: pd.DataFrame, revision: Revision) -> Tables:
    """v1 takes missing and unknown labels, whole numbers too; v2 refuses them."""
    import pandas as pd

    known, submission = aligned(known, submission, ID, [TARGET])
    given = submission[TARGET]
    if revision == "v2":
        must = f"one of {', '.join(LABELS)} in every row"
        refuse_where(submission, ~given.isin(LABELS), TARGET, must, id_column=ID)
    elif not given.map(lambda v: isinstance(v, str)).any() and not given.isna().all():
        odd = pd.Series(False, index=given.index)
        if not pd.api.types.is_integer_dtype(given):
            values = pd.to_numeric(given, errors="coerce").astype(float)
            odd = (values % 1 != 0) | (values.abs() >= 2.0**63)  # true for a missing value, too
        refuse_where(submission, odd, TARGET, "names of labels", id_column=ID)
    return known, submission


def grade(answers: pd.DataFrame, submission: pd.DataFrame, revision: Revision) -> float:
    """Unknown labels are wrong."""
    answers, submission = checked(answers, submission, revision)
    return accuracy(answers, submission.astype({TARGET: object}), target=TARGET)

"""Accuracy of the predicted labels."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlebench_inspect.graders.metrics.classification import accuracy
from mlebench_inspect.graders.submission import Revision, aligned, refuse_where

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


def grade(answers: pd.DataFrame, submission: pd.DataFrame, revision: Revision) -> float:
    """v1 counts missing and unknown labels as wrong; v2 refuses them."""
    answers, submission = aligned(answers, submission, ID, [TARGET])
    submission = submission.astype({TARGET: object})
    if revision == "v2":
        known = submission[TARGET].isin(LABELS)
        refuse_where(submission, ~known, TARGET, f"one of {', '.join(LABELS)} in every row", id_column=ID)
    return accuracy(answers, submission, target=TARGET)

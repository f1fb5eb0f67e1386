"""Dice coefficient over the pixels of all records together."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlebench_inspect.graders.metrics.segmentation import global_dice
from mlebench_inspect.graders.submission import Revision, aligned, refuse_where

if TYPE_CHECKING:
    import pandas as pd

ID, MASK, EMPTY = "record_id", "encoded_pixels", "-"
READ_CSV = {"v1": {}, "v2": {"dtype": {MASK: str}}}


def grade(answers: pd.DataFrame, submission: pd.DataFrame, revision: Revision) -> float:
    """An empty mask must be given as `-`; v2 refuses runs that leave the image."""
    answers, submission = aligned(answers, submission, ID, [MASK])
    missing = submission[MASK].isna()
    refuse_where(submission, missing, MASK, f"a run-length code, or {EMPTY} for an empty mask", id_column=ID)
    cells = answers["height"] * answers["width"]
    answers, submission = (t.assign(**{MASK: t[MASK].replace(EMPTY, "")}) for t in (answers, submission))
    return global_dice(answers, submission, mask=MASK, cells=cells, id_columns=[ID], strict=revision == "v2")

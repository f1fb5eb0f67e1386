"""Pixel-wise F0.5 of the ink mask."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlebench_inspect.graders.metrics.segmentation import f0_5_score
from mlebench_inspect.graders.submission import Revision, aligned, blank_if_missing, require_columns

if TYPE_CHECKING:
    import pandas as pd

ID, MASK = "Id", "Predicted"
READ_CSV = {"v1": {}, "v2": {"dtype": {MASK: str}}}


def grade(answers: pd.DataFrame, submission: pd.DataFrame, revision: Revision) -> float:
    """v2 takes an empty field for an empty mask and refuses runs that leave the image."""
    require_columns(submission, [ID, MASK], exact=True)
    answers, submission = aligned(answers, submission, ID, [MASK])
    if revision == "v2":
        submission = submission.assign(**{MASK: blank_if_missing(submission[MASK])})
    cells = answers["height"] * answers["width"]
    return f0_5_score(answers, submission, mask=MASK, cells=cells, id_columns=[ID], strict=revision == "v2")

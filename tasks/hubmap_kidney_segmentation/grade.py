"""Mean Dice coefficient of three very large images."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlebench_inspect.graders.metrics.segmentation import mean_dice
from mlebench_inspect.graders.submission import Revision, aligned, blank_if_missing

if TYPE_CHECKING:
    import pandas as pd

ID, MASK, TRUTH = "id", "predicted", "encoding"
READ_CSV = {"v1": {}, "v2": {"dtype": {ID: str, MASK: str}}}


def grade(answers: pd.DataFrame, submission: pd.DataFrame, revision: Revision) -> float:
    """An empty field is an empty mask; v2 refuses runs that leave the image."""
    answers, submission = aligned(answers, submission, ID, [MASK])
    cells = answers["height_pixels"] * answers["width_pixels"]
    answers = answers.assign(**{MASK: blank_if_missing(answers[TRUTH])})
    submission = submission.assign(**{MASK: blank_if_missing(submission[MASK])})
    return mean_dice(answers, submission, mask=MASK, cells=cells, id_columns=[ID], strict=revision == "v2")

"""Share of IoU thresholds that a mask passes, averaged over images."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlebench_inspect.graders.metrics.segmentation import (
    intersection_over_union,
    mask_areas,
    mean_average_precision_iou_thresholds,
    mean_share_of_thresholds,
)
from mlebench_inspect.graders.run_length import submitted_runs
from mlebench_inspect.graders.submission import (
    Revision,
    Tables,
    aligned,
    blank_if_missing,
    refuse_where,
    require_columns,
)

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

ID, MASK = "id", "rle_mask"
PIXELS = 101 * 101
READ_CSV = {"v1": {}, "v2": {"dtype": {ID: str, MASK: str}}}


def checked(known: pd.DataFrame, submission: pd.DataFrame, revision: Revision) -> Tables:
    """Codes as text or nothing; v2 refuses runs that leave the image."""
    known, submission = _paired(known, submission, revision)
    submitted_runs(submission, MASK, PIXELS, id_columns=[ID], strict=revision == "v2")
    return known, submission


def grade(answers: pd.DataFrame, submission: pd.DataFrame, revision: Revision) -> float:
    """An empty prediction for an image with salt counts as a full one in v1, and as a miss in v2."""
    import numpy as np

    answers, submission = _paired(answers, submission, revision)
    if revision == "v2":
        return mean_average_precision_iou_thresholds(
            answers, submission, mask=MASK, cells=PIXELS, id_columns=[ID], strict=True
        )
    areas = mask_areas(answers, submission, mask=MASK, cells=PIXELS, id_columns=[ID])
    iou = intersection_over_union(areas)
    return mean_share_of_thresholds(np.where(areas.predicted == 0, _share_of_empty(areas.truth), iou))


def _paired(known: pd.DataFrame, submission: pd.DataFrame, revision: Revision) -> Tables:
    require_columns(submission, [ID, MASK], exact=revision == "v1")
    known, submission = (t.assign(**{MASK: blank_if_missing(t[MASK])}) for t in (known, submission))
    refuse_where(submission, ~submission[ID].map(lambda v: isinstance(v, str)).to_numpy(dtype=bool), ID, "ids as text")
    return aligned(known, submission, ID, [MASK])


def _share_of_empty(truth: np.ndarray) -> np.ndarray:
    """What v1 takes for the IoU of an empty prediction: the share of salt, or 1 where there is none."""
    import numpy as np

    return np.where(truth == 0, 1.0, truth / PIXELS)

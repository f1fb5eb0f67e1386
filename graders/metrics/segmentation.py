"""Masks given as run-length codes: intersection over union, Dice, F-beta, Hausdorff distance.

All metrics take tables whose rows belong together. `mask` is the column of codes in both tables, `cells` the number of
pixels of each row's image; further options are those of `graders.run_length`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mlebench_inspect.graders.metrics import register
from mlebench_inspect.graders.run_length import decode, submitted_runs

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]


@dataclass(frozen=True)
class MaskAreas:
    """Pixel counts per image: true mask, predicted mask, and what both share. Each of shape (n,)."""

    truth: Ints
    predicted: Ints
    shared: Ints


def mask_areas(
    answers: pd.DataFrame,
    submission: pd.DataFrame,
    *,
    mask: str,
    cells: ArrayLike,
    id_columns: Sequence[str],
    strict: bool = False,
) -> MaskAreas:
    """Counts the pixels of true and predicted masks.

    Raises:
        InvalidSubmission: A submitted code is faulty.
    """
    predicted = submitted_runs(submission, mask, cells, id_columns=id_columns, strict=strict)
    truth = decode(answers[mask].tolist(), cells)
    return MaskAreas(truth.areas(), predicted.areas(), truth.overlaps(predicted))


def dice(areas: MaskAreas, empty: float) -> Floats:
    """2 |X and Y| / (|X| + |Y|) per image, shape (n,); `empty` where both masks are empty."""
    import numpy as np

    size = areas.truth + areas.predicted
    return np.where(size == 0, empty, 2 * areas.shared / np.maximum(size, 1))


def intersection_over_union(areas: MaskAreas) -> Floats:
    """|X and Y| / |X or Y| per image, shape (n,); 1 where both masks are empty."""
    import numpy as np

    union = areas.truth + areas.predicted - areas.shared
    return np.where(union == 0, 1.0, areas.shared / np.maximum(union, 1))


def mean_share_of_thresholds(iou: Floats) -> float:
    """Mean over images of the share of the thresholds 0.5, 0.55 ... 0.95 that the intersection over union exceeds."""
    import numpy as np

    # The accumulated steps of arange decide whether an IoU of exactly 0.6, 0.65 ... passes.
    thresholds = np.arange(0.5, 1.0, 0.05)
    return float(np.mean((iou[:, None] > thresholds).sum(axis=1) / len(thresholds)))


@register("mean_average_precision_iou_thresholds")
def mean_average_precision_iou_thresholds(
    answers: pd.DataFrame,
    submission: pd.DataFrame,
    *,
    mask: str,
    cells: ArrayLike,
    id_columns: Sequence[str],
    strict: bool = False,
) -> float:
    """Mean over images of the average precision over IoU thresholds, with at most one object per image.

    With one object the precision TP / (TP + FP + FN) at a threshold is 1 if the IoU exceeds it, else 0.
    """
    areas = mask_areas(answers, submission, mask=mask, cells=cells, id_columns=id_columns, strict=strict)
    return mean_share_of_thresholds(intersection_over_union(areas))


@register("global_dice")
def global_dice(
    answers: pd.DataFrame,
    submission: pd.DataFrame,
    *,
    mask: str,
    cells: ArrayLike,
    id_columns: Sequence[str],
    strict: bool = False,
) -> float:
    """Dice coefficient over the pixels of all images together, in [0, 1]; NaN if no mask has any pixel."""
    areas = mask_areas(answers, submission, mask=mask, cells=cells, id_columns=id_columns, strict=strict)
    size = int(areas.truth.sum() + areas.predicted.sum())
    return 2 * int(areas.shared.sum()) / size if size else float("nan")


@register("mean_dice")
def mean_dice(
    answers: pd.DataFrame,
    submission: pd.DataFrame,
    *,
    mask: str,
    cells: ArrayLike,
    id_columns: Sequence[str],
    strict: bool = False,
) -> float:
    """Mean over images of the Dice coefficient; 1 for an image whose masks are both empty."""
    areas = mask_areas(answers, submission, mask=mask, cells=cells, id_columns=id_columns, strict=strict)
    return float(dice(areas, empty=1.0).mean())


@register("f0_5_score")
def f0_5_score(
    answers: pd.DataFrame,
    submission: pd.DataFrame,
    *,
    mask: str,
    cells: ArrayLike,
    id_columns: Sequence[str],
    strict: bool = False,
) -> float:
    """Mean over images of the pixel-wise F-beta score with beta = 0.5; 0 for an image without true positives.

    F = (1 + b²) tp / ((1 + b²) tp + b² fn + fp), as scikit-learn's `fbeta_score`.
    """
    import numpy as np

    areas = mask_areas(answers, submission, mask=mask, cells=cells, id_columns=id_columns, strict=strict)
    hit = 1.25 * areas.shared
    total = hit + 0.25 * (areas.truth - areas.shared) + (areas.predicted - areas.shared)
    return float(np.where(areas.shared > 0, hit / np.where(total == 0, 1, total), 0.0).mean())


def normalised_hausdorff(truth: Ints, predicted: Ints, shape: Sequence[int]) -> float:
    """Hausdorff distance of two sets of voxels in the unit cube, divided by its diagonal; in [0, 1].

    Args:
        truth: Voxel coordinates, shape (n, 3), n > 0; rows are unique.
        predicted: Voxel coordinates, shape (m, 3), m > 0; rows are unique.
        shape: By which coordinates are divided.
    """
    import numpy as np
    from scipy.spatial import cKDTree

    scale = np.asarray(shape, dtype=float)
    sides = [truth / scale, predicted / scale]
    trees = [cKDTree(s, balanced_tree=False, compact_nodes=False) for s in sides]
    farthest = max(float(trees[1 - k].query(sides[k])[0].max()) for k in (0, 1))
    return farthest / float(np.sqrt(3))

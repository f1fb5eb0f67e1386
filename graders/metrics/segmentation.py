"""Masks given as run-length codes: intersection over union, Dice, F-beta, Hausdorff distance.

All metrics take tables whose rows belong together. `mask` is the column of codes in both tables, `cells` the number of
pixels of each row's image; further options are those of `graders.run_length`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Literal

from mlebench_inspect.graders.metrics import register
from mlebench_inspect.graders.run_length import Runs, decode, submitted_runs

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
    """Hausdorff distance of two sets of voxels in the unit cube, divided by the cube's diagonal; in [0, 1].

    Args:
        truth: Voxel coordinates from 0, shape (n, 3), n > 0, no row twice.
        predicted: Voxel coordinates from 0, shape (m, 3), m > 0, no row twice.
        shape: By which coordinates are divided.
    """
    import numpy as np

    extent = np.maximum(truth.max(axis=0), predicted.max(axis=0)) + 1
    keys = [np.ravel_multi_index(tuple(side.T), tuple(extent)) for side in (truth, predicted)]
    farthest = 0.0
    for side, own, other, others in ((truth, *keys, predicted), (predicted, *keys[::-1], truth)):
        alone = side[~np.isin(own, other, assume_unique=True)]  # what both hold is at distance 0
        if len(alone):
            farthest = max(farthest, _directed_hausdorff(alone, others, np.asarray(shape, dtype=float)))
    return farthest / float(np.sqrt(3))


def _directed_hausdorff(points: Ints, others: Ints, scale: Floats) -> float:
    """Largest distance from one of the points to the nearest of the others, coordinates divided by `scale`.

    Of many points only those are looked at whose block of voxels may hold the farthest.
    """
    import numpy as np
    from scipy.spatial import cKDTree

    tree = cKDTree(others / scale, balanced_tree=False, compact_nodes=False)
    if len(points) > 20_000:
        side = 8
        blocks = points // side
        extent = tuple(blocks.max(axis=0) + 1)
        keys, block = np.unique(np.ravel_multi_index(tuple(blocks.T), extent), return_inverse=True)
        middle = np.column_stack(np.unravel_index(keys, extent)) * side + (side - 1) / 2
        distance = tree.query(middle / scale)[0]
        radius = np.linalg.norm((side - 1) / 2 / scale)
        candidate = distance + 2 * radius + 1e-9 >= distance.max()
        points = points[candidate[block]]
    return float(tree.query(points / scale)[0].max())


@dataclass(frozen=True)
class _Volumes:
    """Masks stacked to volumes: the runs of each slice, and per volume its slices (first, one past last) and size."""

    runs: Runs
    slices: list[tuple[int, int]]
    sizes: list[tuple[int, int]]

    def count(self, k: int) -> int:
        first, last = self.slices[k]
        return int(self._areas[first:last].sum())

    @cached_property
    def _areas(self) -> Ints:
        return self.runs.areas()

    def part(self, k: int) -> Runs:
        """The runs of one volume, slices and pixels counted from its beginning."""
        import numpy as np

        first, last = self.slices[k]
        a, b = np.searchsorted(self.runs.image, [first, last])
        offset = self.runs.offset[first : last + 1]
        start, stop = self.runs.start[a:b] - offset[0], self.runs.stop[a:b] - offset[0]
        return Runs(self.runs.image[a:b] - first, start, stop, offset - offset[0])

    def voxels(self, k: int, order: str) -> Ints:
        """Coordinates (slice, row, column) of a volume's set voxels, shape (n, 3)."""
        import numpy as np

        height, width = self.sizes[k]
        layer, cell = np.divmod(self.part(k).pixels(), height * width)
        major, minor = np.divmod(cell, width if order == "C" else height)
        columns: Ints = np.column_stack([layer, major, minor] if order == "C" else [layer, minor, major])
        return columns

    def same(self, k: int, other: _Volumes) -> bool:
        """Whether volume k is the same array in both."""
        import numpy as np

        if self.sizes[k] != other.sizes[k] or np.diff(self.slices[k]) != np.diff(other.slices[k]):
            return False
        mine, theirs = self.part(k), other.part(k)
        return np.array_equal(mine.start, theirs.start) and np.array_equal(mine.stop, theirs.stop)


def _stack(ids: pd.Series, runs: Runs, height: Ints, width: Ints) -> _Volumes:
    """Joins the masks of each id to one slice, and the slices "<volume>_slice_<number>" of each volume to an array.

    Slices and volumes are in the order of the ids as text.

    Raises:
        ValueError: The images of an id or of a volume differ in size.
    """
    import numpy as np
    import pandas as pd

    row, names = pd.factorize(ids.to_numpy(dtype=object), sort=True)
    volume, keys = pd.factorize(np.array([n.partition("_slice_")[0] for n in names], dtype=object))
    order = np.argsort(volume, kind="stable")
    place = np.empty(len(order), dtype=np.int64)
    place[order] = np.arange(len(order))
    sizes = pd.DataFrame({"volume": volume[row], "height": height, "width": width}).drop_duplicates()
    if sizes["volume"].duplicated().any():
        key = keys[int(sizes["volume"][sizes["volume"].duplicated()].iloc[0])]
        raise ValueError(f"the rows of {key!r} belong to images of different size")
    sizes = sizes.sort_values("volume")
    cells = (sizes["height"] * sizes["width"]).to_numpy()
    ends = np.cumsum(np.bincount(volume, minlength=len(keys)))
    begins = [0, *ends[:-1].tolist()]
    return _Volumes(
        runs.merged(place[row], cells[volume[order]]),
        list(zip(begins, ends.tolist(), strict=False)),
        list(zip(sizes["height"].tolist(), sizes["width"].tolist(), strict=True)),
    )


@register("weighted_dice_hausdorff")
def weighted_dice_hausdorff(
    answers: pd.DataFrame,
    submission: pd.DataFrame,
    *,
    mask: str,
    height: str,
    width: str,
    id_columns: Sequence[str],
    order: Literal["C", "F"] = "C",
    strict: bool = False,
) -> float:
    """0.4 D + 0.6 (1 - H): D the mean Dice coefficient per row, H the mean normalised Hausdorff distance per volume.

    Rows with two empty masks and volumes without any voxel are left out. A distance is 1 if one of the volumes is empty
    or the predicted one has more than ten times as many voxels as the true one.

    Args:
        answers: Column `mask` and the images' sizes.
        submission: Column `mask`; row k has the size of the answers' row k. Fewer rows are allowed.
        mask: Column of run-length codes.
        height: Column of the answers, pixels.
        width: Column of the answers, pixels.
        id_columns: The first names the slice, "<volume>_slice_<number>"; rows of one slice are joined.
        order: Pixels count along rows ("C") or down columns ("F").
        strict: See `graders.run_length`.

    Returns:
        A value in [0, 1], or NaN when no row or no volume is left.
    """
    import numpy as np

    sizes = [answers[c].to_numpy().astype(np.int64) for c in (height, width)]
    n = len(submission)
    given = submitted_runs(submission, mask, (sizes[0] * sizes[1])[:n], id_columns=id_columns, strict=strict)
    truth = decode(answers[mask].tolist(), sizes[0] * sizes[1])
    first = truth.upto(n)
    coefficients = dice(MaskAreas(first.areas(), given.areas(), first.overlaps(given)), empty=np.nan)
    sides = [
        _stack(table[id_columns[0]], runs, *(s[: len(table)] for s in sizes))
        for table, runs in ((answers, truth), (submission, given))
    ]
    distances = [_volume_distance(sides[0], sides[1], k, order) for k in range(min(len(s.slices) for s in sides))]
    return float(0.4 * _mean_of_numbers(coefficients) + 0.6 * (1 - _mean_of_numbers(np.array(distances))))


def _mean_of_numbers(values: Floats) -> float:
    """Mean without NaN; NaN if nothing is left."""
    import numpy as np

    numbers = values[~np.isnan(values)]
    return float(numbers.mean()) if len(numbers) else float("nan")


def _volume_distance(truth: _Volumes, given: _Volumes, k: int, order: str) -> float:
    """Distance of volume k in both; NaN if both are empty."""
    true_count, count = truth.count(k), given.count(k)
    if true_count == count == 0:
        return float("nan")
    if truth.same(k, given):
        return 0.0
    if 0 in (true_count, count) or count > 10 * true_count:
        return 1.0
    first, last = truth.slices[k]
    shape = (last - first, *truth.sizes[k])
    return normalised_hausdorff(truth.voxels(k, order), given.voxels(k, order), shape)

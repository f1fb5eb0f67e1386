"""Dice and Hausdorff distance of volumes against SciPy on drawn masks."""

from __future__ import annotations

import tracemalloc
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.spatial.distance import directed_hausdorff

from mlebench_inspect.graders.metrics.segmentation import normalised_hausdorff, weighted_dice_hausdorff
from mlebench_inspect.tasks._run_length import encode


def hausdorff(a: np.ndarray, b: np.ndarray, shape: Sequence[int]) -> float:
    sides = [np.argwhere(m) / shape for m in (a, b)]
    return max(directed_hausdorff(*sides)[0], directed_hausdorff(*sides[::-1])[0]) / 3**0.5


def volume_distance(truth: np.ndarray, given: np.ndarray) -> float:
    if not truth.any() and not given.any():
        return np.nan
    if np.array_equal(truth, given):
        return 0.0
    if truth.any() != given.any() or given.sum() > 10 * truth.sum():
        return 1.0
    return hausdorff(truth, given, truth.shape)


@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("seed", range(15))
def test_weighted_dice_hausdorff(seed: int, order: str) -> None:
    rng = np.random.default_rng(seed)
    rows, dice, distances = [], [], []
    for case in range(3):
        shape = tuple(rng.integers(3, 30, 2))
        volumes = []
        for slice_number in range(rng.integers(1, 5)):
            masks = rng.random((2, 3, *shape)) < rng.choice([0, 0.01, 0.05, 0.3], (2, 3, 1, 1))
            masks[1, rng.random(3) < 0.3] = masks[0, 0]
            volumes.append(masks.any(axis=1))
            for organ in range(3):
                truth, given = masks[:, organ]
                size = truth.sum() + given.sum()
                dice.append(2 * (truth & given).sum() / size if size else np.nan)
                codes = (encode(m.ravel(order=order)) for m in (truth, given))
                rows.append((f"case{case}_slice_{slice_number:04d}", organ, *codes, *shape))
        distances.append(volume_distance(*np.stack(volumes, axis=1)))
    table = pd.DataFrame(rows, columns=["id", "organ", "truth", "given", "height", "width"])
    own = weighted_dice_hausdorff(
        table.assign(mask=table["truth"]),
        table.assign(mask=table["given"]),
        mask="mask",
        height="height",
        width="width",
        id_columns=["id", "organ"],
        order=order,  # type: ignore[arg-type]
    )
    assert own == pytest.approx(0.4 * np.nanmean(dice) + 0.6 * (1 - np.nanmean(distances)), abs=1e-12, nan_ok=True)


def test_a_long_id_costs_its_own_length_alone() -> None:
    ids = ["x" * 200_000, *(f"case_slice_{i:04d}" for i in range(299))]
    table = pd.DataFrame({"id": ids, "mask": "1 2", "height": 3, "width": 4})
    tracemalloc.start()
    score = weighted_dice_hausdorff(table, table, mask="mask", height="height", width="width", id_columns=["id"])
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert score == 1
    assert peak < 50_000_000


def test_hausdorff_distance_of_many_voxels() -> None:
    rng = np.random.default_rng(0)
    truth, given = np.zeros((2, 40, 60, 70), dtype=bool)
    truth[10:20, 5:20, 30:50] = True
    given[rng.random(given.shape) < 0.2] = True
    own = normalised_hausdorff(np.argwhere(truth), np.argwhere(given), given.shape)
    assert own == pytest.approx(hausdorff(truth, given, given.shape), abs=1e-12)


def _masks(*rows: tuple[str, str, int]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["id", "mask", "height"]).assign(width=4)


def test_a_volume_without_any_voxel_is_left_out() -> None:
    names: dict[str, Any] = {"mask": "mask", "height": "height", "width": "width", "id_columns": ["id"]}
    full, empty = ("a_slice_1", "1 4", 4), ("b_slice_1", "", 4)
    assert weighted_dice_hausdorff(_masks(full, empty), _masks(full, empty), **names) == 1
    nothing = weighted_dice_hausdorff(_masks(empty), _masks(empty), **names)
    assert np.isnan(nothing)


def test_images_of_one_volume_have_one_size() -> None:
    table = _masks(("a_slice_1", "1 4", 4), ("a_slice_2", "1 4", 5))
    with pytest.raises(ValueError, match="the rows of 'a' belong to images of different size"):
        weighted_dice_hausdorff(table, table, mask="mask", height="height", width="width", id_columns=["id"])

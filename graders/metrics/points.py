"""Objects found in images by labelled points."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlebench_inspect.graders.metrics import register

if TYPE_CHECKING:
    import pandas as pd


@register("point_in_box_micro_f1")
def point_in_box_micro_f1(answers: pd.DataFrame, submission: pd.DataFrame, *, target: str) -> float:
    """F1 over all objects of all rows, where a labelled point finds a box of the same label that it lies inside of.

    Boxes are served in the order of the truth, each with the first fitting point that is still unused, which need not
    be the assignment with the most hits. Points on a box's edge lie outside.

    Args:
        answers: Groups `label x y width height` in the column `target`, separated by single blanks, or missing.
        submission: Groups `label x y`, likewise.
        target: The column.

    Returns:
        2 P R / (P + R) with precision P and recall R, in [0, 1]; 0 where either is 0 or undefined.
    """
    import pandas as pd

    hits = boxes = points = 0
    for true_cell, cell in zip(answers[target], submission[target], strict=True):
        truth = [] if pd.isna(true_cell) else true_cell.split(" ")
        given = [] if pd.isna(cell) else cell.split(" ")
        boxes += len(truth) // 5
        points += len(given) // 3
        hits += _boxes_found(truth, given)
    if not hits:
        return 0.0
    precision, recall = hits / points, hits / boxes
    return 2 * precision * recall / (precision + recall)


def _boxes_found(truth: list[str], given: list[str]) -> int:
    """The number of boxes (groups of five tokens) that a point (groups of three) is assigned to."""
    import numpy as np

    x, y = (np.array(list(map(float, given[axis::3]))) for axis in (1, 2))
    left, top, width, height = (np.array(list(map(float, truth[i::5]))) for i in range(1, 5))
    points: dict[str, list[int]] = {label: [] for label in truth[0::5]}
    for point, label in enumerate(given[0::3]):
        if label in points:
            points[label].append(point)
    unused = {label: np.array(of_label, dtype=int) for label, of_label in points.items()}
    hits = 0
    for box, label in enumerate(truth[0::5]):
        left_over = unused[label]
        px, py = x[left_over], y[left_over]
        inside = (left[box] < px) & (px < left[box] + width[box]) & (top[box] < py) & (py < top[box] + height[box])
        if inside.any():
            hits += 1
            unused[label] = np.delete(left_over, inside.argmax())
    return hits

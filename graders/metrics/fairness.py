"""Rankings that shall be as good within groups of people as they are overall."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from mlebench_inspect.graders.metrics import register

if TYPE_CHECKING:
    import pandas as pd


@register("bias_weighted_roc_auc")
def bias_weighted_roc_auc(
    answers: pd.DataFrame,
    submission: pd.DataFrame,
    *,
    label: str,
    prediction: str,
    groups: Sequence[str],
    threshold: float = 0.5,
    power: float = -5,
) -> float:
    """Mean of four areas under the ROC curve: overall, and power means over groups of three kinds of subsets.

    The subsets of a group g are its own rows (subgroup); the negative rows of g with the positive rows outside of it
    (BPSN, background positive and subgroup negative); and the positive rows of g with the negative rows outside of it
    (BNSP). The power mean over the groups is (mean of AUC^power)^(1/power), and 0 where an AUC is 0 and the power is
    negative. See Borkan et al., Nuanced Metrics for Measuring Unintended Bias (2019).

    Args:
        answers: Numbers in the columns `label` and `groups`: positive, or of the group, from `threshold` on; a missing
            value is not.
        submission: Scores, the higher the more likely positive.
        label: The label's column.
        prediction: The scores' column.
        groups: The columns of the groups.
        threshold: See above.
        power: Exponent of the power mean.

    Returns:
        A number in [0, 1].

    Raises:
        ValueError: The answers hold a subset without positive or without negative rows.
    """
    import numpy as np

    y = answers[label].to_numpy(dtype=float) >= threshold
    score = submission[prediction].to_numpy(dtype=float)
    parts: list[list[float]] = [[], [], []]
    for group in groups:
        inside = answers[group].to_numpy(dtype=float) >= threshold
        for part, rows in zip(parts, (inside, y != inside, y == inside), strict=True):
            part.append(_auc(y[rows], score[rows], group))
    with np.errstate(divide="ignore"):
        means = [np.mean(np.array(part) ** power) ** (1 / power) for part in parts]
    return float(np.mean([_auc(y, score, label), *means]))


def _auc(y: Any, score: Any, column: str) -> float:
    from sklearn.metrics import roc_auc_score

    if y.all() or not y.any():
        raise ValueError(f"the answers have a subset (column {column}) without positive or without negative rows")
    return float(roc_auc_score(y, score))

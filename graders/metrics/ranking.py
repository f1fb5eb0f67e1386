"""Ranked lists of labels."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlebench_inspect.graders.metrics import register

if TYPE_CHECKING:
    import pandas as pd


@register("map_at_5")
def map_at_5(
    answers: pd.DataFrame, submission: pd.DataFrame, *, target: str, separator: str | None = None, k: int = 5
) -> float:
    """Mean average precision at k where each row has one true label: the mean of 1 / rank.

    Args:
        answers: One label as text per row in the column `target`.
        submission: Labels as text, the best guess first; a missing cell is a miss.
        target: The column.
        separator: What separates labels; None: any white space. With " " a doubled blank takes up a rank.
        k: Guesses beyond this rank do not count.

    Returns:
        A number in [0, 1]. A row whose label is first found at rank r <= k earns 1 / r, others 0.
    """
    import numpy as np

    truth = answers[target].to_numpy()
    guesses = submission[target].astype(object).str.split(separator, n=k)
    earned = np.zeros(len(truth))
    for rank in range(1, k + 1):
        hit = (guesses.str[rank - 1].to_numpy(dtype=object) == truth) & (earned == 0)
        earned[hit] = 1 / rank
    return float(earned.mean())


@register("pooled_kendall_tau")
def pooled_kendall_tau(answers: pd.DataFrame, submission: pd.DataFrame, *, target: str) -> float:
    """Kendall's rank correlation, inversions and pairs summed over all rows before the division.

    With S the number of pairs of a row's items whose order is reversed and n the number of its items,
    1 - 4 sum(S) / sum(n (n - 1)).

    Args:
        answers: Lists of distinct items in the column `target`, in the right order.
        submission: The same items in the predicted order.
        target: The lists' column.

    Returns:
        A number in [-1, 1]; 1 is perfect, -1 everything reversed; NaN if no row has two items.
    """
    from bisect import bisect, insort

    inversions = pairs = 0
    for truth, given in zip(answers[target], submission[target], strict=True):
        rank = {item: position for position, item in enumerate(truth)}
        seen: list[int] = []
        for item in given:
            inversions += len(seen) - bisect(seen, rank[item])
            insort(seen, rank[item])
        pairs += len(truth) * (len(truth) - 1)
    return 1 - 4 * inversions / pairs if pairs else float("nan")

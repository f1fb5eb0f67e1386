"""Ranked lists of labels."""

from __future__ import annotations

from collections.abc import Sequence
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
    from bisect import bisect

    inversions = pairs = 0
    for truth, given in zip(answers[target], submission[target], strict=True):
        rank = {item: position for position, item in enumerate(truth)}
        seen: list[int] = []
        for item in given:
            place = bisect(seen, rank[item])
            inversions += len(seen) - place
            seen.insert(place, rank[item])
        pairs += len(truth) * (len(truth) - 1)
    return 1 - 4 * inversions / pairs if pairs else float("nan")


@register("lwlrap")
def lwlrap(answers: pd.DataFrame, submission: pd.DataFrame, *, targets: Sequence[str]) -> float:
    """Label-weighted label-ranking average precision.

    For each pair of a row and one of its true labels: the share of true labels among all labels whose scores are at
    least as high. The result is the mean over the pairs; ties count against the prediction.

    Args:
        answers: 0/1 in the columns `targets`; rows without a label are left out.
        submission: Finite scores; only their order within a row counts.
        targets: One column per label.

    Returns:
        A number in (0, 1].
    """
    from sklearn.metrics import label_ranking_average_precision_score

    truth = answers[list(targets)].to_numpy()
    scores = submission[list(targets)].to_numpy(dtype=float)
    labels = truth.sum(axis=1)
    some = labels > 0
    return float(label_ranking_average_precision_score(truth[some], scores[some], sample_weight=labels[some]))


@register("map_at_12")
def map_at_12(answers: pd.DataFrame, submission: pd.DataFrame, *, target: str, k: int = 12) -> float:
    """Mean average precision at k where a row has any number of true items.

    With A a row's true items and P(i) the share of hits among the first i guesses, AP = sum of P(i) over the ranks
    i <= k that are hits, divided by min(|A|, k). A guess that was already made at a better rank is no hit.

    Args:
        answers: Lists of one or more items in the column `target`; repeated items count once.
        submission: Lists of items, the best guess first.
        target: The lists' column.
        k: Guesses beyond this rank do not count.

    Returns:
        A number in [0, 1].
    """
    total = 0.0
    for items, guesses in zip(answers[target], submission[target], strict=True):
        wanted, hits = set(items), 0
        best = min(len(wanted), k)
        for rank, guess in enumerate(guesses[:k], start=1):
            if guess in wanted:
                wanted.remove(guess)
                hits += 1
                total += hits / rank / best
    return total / len(answers)

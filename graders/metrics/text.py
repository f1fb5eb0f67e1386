"""Texts against texts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlebench_inspect.graders.metrics import register

if TYPE_CHECKING:
    import pandas as pd


@register("mean_word_jaccard")
def mean_word_jaccard(
    answers: pd.DataFrame, submission: pd.DataFrame, *, target: str, both_empty: float = 1.0
) -> float:
    """Mean over rows of the Jaccard index of two sets of lower-cased words.

    Words are what white space separates, punctuation included; with A and B the two sets, J = |A n B| / |A u B|.

    Args:
        answers: Text in the column `target`.
        submission: Likewise.
        target: The text's column.
        both_empty: J of a row in which neither text holds a word.

    Returns:
        A number in [0, 1], NaN if `both_empty` is NaN and there is such a row.
    """
    total = 0.0
    for truth, given in zip(answers[target].astype(object), submission[target].astype(object), strict=True):
        a, b = set(truth.lower().split()), set(given.lower().split())
        common = len(a & b)
        union = len(a) + len(b) - common
        total += common / union if union else both_empty
    return total / len(answers)


@register("mean_levenshtein_distance")
def mean_levenshtein_distance(answers: pd.DataFrame, submission: pd.DataFrame, *, target: str) -> float:
    """Mean over rows of the least number of characters to insert, delete or replace between two texts.

    Args:
        answers: Text in the column `target`.
        submission: Likewise.
        target: The text's column. A character is a Unicode code point.

    Returns:
        0 or more.
    """
    from rapidfuzz.distance import Levenshtein

    # Going through pandas' own strings one by one takes longer than the distances.
    texts = (table[target].astype(object) for table in (answers, submission))
    return sum(map(Levenshtein.distance, *texts)) / len(answers)


@register("normalized_levenshtein_distance")
def normalized_levenshtein_distance(answers: pd.DataFrame, submission: pd.DataFrame, *, target: str) -> float:
    """Edit distances between lists of labels, divided by the number of true labels; both summed over all rows.

    Args:
        answers: Lists of whole numbers in the column `target`, not all empty.
        submission: Likewise.
        target: The lists' column.

    Returns:
        0 or more; above 1 where the lists are too long.
    """
    from rapidfuzz.distance import Levenshtein

    return sum(map(Levenshtein.distance, answers[target], submission[target])) / sum(map(len, answers[target]))

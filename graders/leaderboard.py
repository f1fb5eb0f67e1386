"""Where a score stands on the human leaderboard: medal tier, rank, percentile."""

from __future__ import annotations

import bisect
import math
import statistics
from collections.abc import Sequence
from typing import Literal, NamedTuple

from pydantic import BaseModel, ConfigDict

MedalTier = Literal["gold", "silver", "bronze", "none"]
MEDAL_TIERS: tuple[MedalTier, ...] = ("gold", "silver", "bronze", "none")


class Thresholds(BaseModel):
    """The scores of the last team of each tier, and the median of all teams."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    gold: float
    silver: float
    bronze: float
    median: float


class Standing(NamedTuple):
    """Place of a score among the human teams."""

    rank: int  # 1 = best; the place the score would have taken
    teams: int
    percentile: float  # share of the teams, in percent, that the score beats; ties count one half


def medal_places(teams: int) -> tuple[int, int, int]:
    """The last places with a gold, silver and bronze medal, by Kaggle's rules for that number of teams."""
    gold = max(1, teams // 10) if teams < 100 else 10 if teams < 250 else 10 + teams * 2 // 1000
    if teams < 250:
        return gold, max(1, teams // 5), max(1, teams * 2 // 5)
    return (gold, 50, 100) if teams < 1000 else (gold, teams // 20, teams // 10)


def thresholds_of(board: Sequence[float], *, higher_is_better: bool) -> Thresholds:
    """The thresholds that follow from the teams' scores `board` (any order, at least one)."""
    ranked = sorted(board, reverse=higher_is_better)
    gold, silver, bronze = (ranked[place - 1] for place in medal_places(len(ranked)))
    return Thresholds(gold=gold, silver=silver, bronze=bronze, median=statistics.median(ranked))


def medal_tier(score: float, thresholds: Thresholds, *, higher_is_better: bool) -> MedalTier:
    """Best tier whose threshold the score reaches; a score equal to the threshold is in the tier.

    NaN reaches no tier. An infinite score is compared like any other number.
    """
    for tier in MEDAL_TIERS[:3]:
        bound = getattr(thresholds, tier)
        if score >= bound if higher_is_better else score <= bound:
            return tier
    return "none"


def above_median(score: float, thresholds: Thresholds, *, higher_is_better: bool) -> bool:
    """Whether the score is strictly better than the median team's."""
    return score > thresholds.median if higher_is_better else score < thresholds.median


def standing(score: float, board: Sequence[float], *, higher_is_better: bool) -> Standing | None:
    """Rank and percentile of `score` among the teams' scores `board` (any order).

    None when the score is NaN or the board is empty: then there is no standing to tell.
    """
    share = percentile(score, board, higher_is_better=higher_is_better)
    if share is None:
        return None
    keys = sorted(board if not higher_is_better else (-s for s in board))
    place = bisect.bisect_left(keys, -score if higher_is_better else score)
    return Standing(place + 1, len(keys), share)


def percentile(score: float, board: Sequence[float], *, higher_is_better: bool) -> float | None:
    """Percent of the teams' scores `board` (any order) that `score` beats, plus half of those that it ties with.

    Returns:
        0 to 100, rounded to two decimals; None when the score is NaN or the board is empty.
    """
    if math.isnan(score) or not board:
        return None
    beaten = sum(s < score if higher_is_better else s > score for s in board)
    return round(100 * (beaten + sum(s == score for s in board) / 2) / len(board), 2)

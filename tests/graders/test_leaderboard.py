"""Medal tiers, rank and percentile."""

from __future__ import annotations

import math

import pytest

from mlebench_inspect.graders import Thresholds, medal_tier, standing
from mlebench_inspect.graders.leaderboard import above_median, percentile
from mlebench_inspect.tasks import competition

HIGH = Thresholds(gold=0.9, silver=0.8, bronze=0.7, median=0.5)
LOW = Thresholds(gold=0.1, silver=0.2, bronze=0.3, median=0.5)


@pytest.mark.parametrize(
    ("score", "tier"),
    [(0.95, "gold"), (0.9, "gold"), (0.89999, "silver"), (0.7, "bronze"), (0.69999, "none"), (math.nan, "none")],
)
def test_tier_where_higher_is_better(score: float, tier: str) -> None:
    assert medal_tier(score, HIGH, higher_is_better=True) == tier


@pytest.mark.parametrize(("score", "tier"), [(0.05, "gold"), (0.1, "gold"), (0.10001, "silver"), (0.31, "none")])
def test_tier_where_lower_is_better(score: float, tier: str) -> None:
    assert medal_tier(score, LOW, higher_is_better=False) == tier


def test_the_median_itself_is_not_above_the_median() -> None:
    assert not above_median(0.5, HIGH, higher_is_better=True)
    assert above_median(0.50001, HIGH, higher_is_better=True)
    assert above_median(0.49999, LOW, higher_is_better=False)


def test_standing_counts_ties_one_half() -> None:
    board = [0.9, 0.8, 0.8, 0.5]
    assert standing(0.8, board, higher_is_better=True) == (2, 4, 50.0)
    assert standing(1.0, board, higher_is_better=True) == (1, 4, 100.0)
    assert standing(0.1, board, higher_is_better=True) == (5, 4, 0.0)
    assert standing(0.1, board, higher_is_better=False) == (1, 4, 100.0)
    assert standing(math.nan, board, higher_is_better=True) is None
    assert standing(0.5, [], higher_is_better=True) is None


@pytest.mark.parametrize(("score", "percent"), [(1.0, 100.0), (0.8, 50.0), (0.6, 25.0), (0.5, 12.5), (math.inf, 100.0)])
def test_percentile_counts_teams_beaten_and_half_of_those_tied(score: float, percent: float) -> None:
    board = [0.9, 0.8, 0.8, 0.5]
    assert percentile(score, board, higher_is_better=True) == percent
    assert percentile(-score, [-s for s in board], higher_is_better=False) == percent


def test_published_figures_of_one_board() -> None:
    spooky = competition("spooky-author-identification")
    report = spooky.report(0.16506, exists=True, error=None)
    assert (report.medal, report.gold_medal, report.above_median) == ("gold", True, True)
    assert report.teams == 1242
    assert report.rank is not None
    assert report.rank <= 15

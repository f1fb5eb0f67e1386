"""The human teams' boards and the thresholds that follow from them."""

from __future__ import annotations

import statistics

import pytest

from mlebench_inspect.tasks import Competition, competition, competitions


def places(teams: int) -> tuple[int, int, int]:
    """The last places with a gold, silver and bronze medal, by Kaggle's rules for the number of teams."""
    gold = max(1, teams // 10) if teams < 100 else 10 if teams < 250 else 10 + teams * 2 // 1000
    if teams < 250:
        return gold, max(1, teams // 5), max(1, teams * 2 // 5)
    return (gold, 50, 100) if teams < 1000 else (gold, teams // 20, teams // 10)


@pytest.mark.parametrize("found", competitions(), ids=lambda c: c.id)
def test_thresholds_are_those_of_the_board_to_the_last_bit(found: Competition) -> None:
    board = found.leaderboard()
    assert len(board) == found.teams
    assert board == sorted(board, reverse=found.higher_is_better)
    medals = [board[place - 1] for place in places(found.teams)]
    t = found.thresholds
    assert [t.gold, t.silver, t.bronze, t.median] == [*medals, statistics.median(board)]


def test_a_score_equal_to_the_rounded_median_is_on_the_side_of_the_unrounded_one() -> None:
    assert competition("smartphone-decimeter-2022").report(3.328, exists=True, error=None).above_median
    assert competition("random-acts-of-pizza").report(0.5996, exists=True, error=None).above_median
    assert not competition("random-acts-of-pizza").report(0.59959, exists=True, error=None).above_median

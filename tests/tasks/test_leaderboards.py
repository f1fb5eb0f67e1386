"""The human teams' boards and the thresholds that follow from them."""

from __future__ import annotations

import pytest

from mlebench_inspect.graders.leaderboard import thresholds_of
from mlebench_inspect.tasks import Competition, competition, competitions


@pytest.mark.parametrize("found", competitions(), ids=lambda c: c.id)
def test_thresholds_are_those_of_the_board_to_the_last_bit(found: Competition) -> None:
    board = found.leaderboard()
    assert len(board) == found.teams
    assert board == sorted(board, reverse=found.higher_is_better)
    assert found.thresholds == thresholds_of(board, higher_is_better=found.higher_is_better)


def test_a_score_equal_to_the_rounded_median_is_on_the_side_of_the_unrounded_one() -> None:
    assert competition("smartphone-decimeter-2022").report(3.328, exists=True, error=None).above_median
    assert competition("random-acts-of-pizza").report(0.5996, exists=True, error=None).above_median
    assert not competition("random-acts-of-pizza").report(0.59959, exists=True, error=None).above_median

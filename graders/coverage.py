"""Scores of rows that the submission itself chose."""

from __future__ import annotations

from typing import Self


class ScoreOfRows(float):
    """The score of a grader that lets a submission choose which rows count, with how many did.

    Attributes:
        counted: Rows that the score is of, copies included.
        rows: Rows to predict.
    """

    counted: int
    rows: int

    def __new__(cls, score: float, *, counted: int, rows: int) -> Self:
        """Joins a score to its rows."""
        found = super().__new__(cls, score)
        found.counted, found.rows = counted, rows
        return found

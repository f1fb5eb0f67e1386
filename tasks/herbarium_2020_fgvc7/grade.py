"""Macro-averaged F1 over the species."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlebench_inspect.graders.submission import Revision
from mlebench_inspect.tasks._herbarium import grade_herbarium

if TYPE_CHECKING:
    import pandas as pd


def grade(answers: pd.DataFrame, submission: pd.DataFrame, revision: Revision) -> float:
    """Pairs the pictures by `Id` and compares `Predicted`."""
    return grade_herbarium(answers, submission, revision)

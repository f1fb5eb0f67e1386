"""Mean average precision at 5 with one true hotel per photograph."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlebench_inspect.graders.metrics.ranking import map_at_5
from mlebench_inspect.graders.submission import Revision, Tables, aligned

if TYPE_CHECKING:
    import pandas as pd

ID, TARGET = "image", "hotel_id"
READ_CSV = {"v2": {"dtype": {TARGET: str}}}


def checked(known: pd.DataFrame, submission: pd.DataFrame, revision: Revision) -> Tables:
    """Any text or number."""
    known, submission = aligned(known, submission, ID, [TARGET])
    return known, submission


def grade(answers: pd.DataFrame, submission: pd.DataFrame, revision: Revision) -> float:
    """Ids are compared as text, in v1 as pandas writes the column's values: with one cell missing, 7 becomes 7.0."""
    answers, submission = checked(answers, submission, revision)
    texts = submission[TARGET].map(str, na_action="ignore")
    return map_at_5(
        answers.assign(**{TARGET: answers[TARGET].map(str)}),
        submission.assign(**{TARGET: texts}),
        target=TARGET,
        separator=" " if revision == "v1" else None,
    )

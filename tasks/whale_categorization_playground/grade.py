"""Mean average precision at 5 with one true label per picture."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlebench_inspect.graders.metrics.ranking import map_at_5
from mlebench_inspect.graders.submission import Revision, Tables, aligned, refuse_where, require_columns

if TYPE_CHECKING:
    import pandas as pd

ID, TARGET = "Image", "Id"


def checked(known: pd.DataFrame, submission: pd.DataFrame, revision: Revision) -> Tables:
    """v2 wants a list in every row."""
    require_columns(submission, [ID, TARGET], exact=True)
    known, submission = aligned(known, submission, ID, [TARGET])
    if revision == "v2":
        refuse_where(submission, submission[TARGET].isna(), TARGET, "one to five labels in every row", id_column=ID)
    return known, submission


def grade(answers: pd.DataFrame, submission: pd.DataFrame, revision: Revision) -> float:
    """Labels are separated by single blanks in v1, where a missing list is a miss; v2 takes any white space."""
    answers, submission = checked(answers, submission, revision)
    texts = submission[TARGET].map(str, na_action="ignore")
    separator = " " if revision == "v1" else None
    return map_at_5(answers, submission.assign(**{TARGET: texts}), target=TARGET, separator=separator)

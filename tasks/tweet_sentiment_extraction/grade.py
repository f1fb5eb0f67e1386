"""Mean Jaccard index of the words selected from each tweet."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from mlebench_inspect.graders.metrics.text import mean_word_jaccard
from mlebench_inspect.graders.submission import (
    InvalidSubmission,
    Revision,
    Tables,
    aligned,
    doubt,
    refuse_where,
    require_length,
)

if TYPE_CHECKING:
    import pandas as pd

ID, TARGET = "textID", "selected_text"
READ_CSV = {"v2": {"dtype": str, "keep_default_na": False}}
CHARACTERS = 5_000_000


def checked(known: pd.DataFrame, submission: pd.DataFrame, revision: Revision) -> Tables:
    """Any text; missing values count as empty."""
    known, submission = aligned(known, submission, ID, [TARGET])
    require_length(submission, TARGET, CHARACTERS, id_column=ID)
    return known, submission


def notice(known: pd.DataFrame, submission: pd.DataFrame, revision: Revision) -> str | None:
    """Empty texts, which v1 cannot score where nothing was selected."""
    if revision == "v2":
        return None
    empty = _as_text(submission)[TARGET].str.strip() == ""
    return doubt(refuse_where, submission, empty, TARGET, "one word or more of each tweet", id_column=ID)


def grade(answers: pd.DataFrame, submission: pd.DataFrame, revision: Revision) -> float:
    """A pair of empty texts is an error in v1 and a hit in v2."""
    answers, submission = checked(answers, submission, revision)
    both_empty = math.nan if revision == "v1" else 1.0
    score = mean_word_jaccard(_as_text(answers), _as_text(submission), target=TARGET, both_empty=both_empty)
    if math.isnan(score):
        raise InvalidSubmission(
            f"column {TARGET} holds empty predictions, at least one of which cannot be scored; "
            "select one word or more of each tweet"
        )
    return score


def _as_text(table: pd.DataFrame) -> pd.DataFrame:
    cells = table[TARGET].astype(object)
    return table.assign(**{TARGET: cells.where(cells.notna(), "").map(str)})

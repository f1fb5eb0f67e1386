"""Mean Jaccard index of the words of each answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlebench_inspect.graders.metrics.text import mean_word_jaccard
from mlebench_inspect.graders.submission import (
    InvalidSubmission,
    Revision,
    Tables,
    aligned,
    refuse_where,
    require_length,
)

if TYPE_CHECKING:
    import pandas as pd

ID, TARGET = "id", "PredictionString"
READ_CSV = {"v2": {"dtype": str, "keep_default_na": False}}
CHARACTERS = 5_000_000


def checked(known: pd.DataFrame, submission: pd.DataFrame, revision: Revision) -> Tables:
    """Texts; missing values count as empty. v1 refuses a column of nothing but numbers."""
    known, submission = aligned(known, submission, ID, [TARGET])
    known, submission = _filled(known), _filled(submission)
    texts = submission[TARGET].map(lambda v: isinstance(v, str)).astype(bool)
    must = "text, not only numbers; give an answer of words at least once"
    refuse_where(submission, ~texts, TARGET, must, id_column=ID)
    require_length(submission, TARGET, CHARACTERS, id_column=ID)
    return known, submission


def grade(answers: pd.DataFrame, submission: pd.DataFrame, revision: Revision) -> float:
    """A pair of empty texts counts 0 in v1, 1 in v2."""
    answers, submission = checked(answers, submission, revision)
    if revision == "v1" and not _two_words(answers, submission):
        raise InvalidSubmission(f"column {TARGET} holds too few different words to be scored; answer in more words")
    return mean_word_jaccard(answers, submission, target=TARGET, both_empty=0 if revision == "v1" else 1)


def _filled(table: pd.DataFrame) -> pd.DataFrame:
    cells = table[TARGET].astype(object)
    return table.assign(**{TARGET: cells.where(cells.notna(), "").astype(object)})


def _two_words(*tables: pd.DataFrame) -> bool:
    """Whether there are two different words in all; without them v1's metric is not defined."""
    seen: set[str] = set()
    for table in tables:
        for text in table[TARGET]:
            seen.update(text.lower().split())
            if len(seen) > 1:
                return True
    return False

"""Mean Jaccard index of the words of each answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlebench_inspect.graders.metrics.text import mean_word_jaccard
from mlebench_inspect.graders.submission import InvalidSubmission, Revision, aligned, refuse_where, require_length

if TYPE_CHECKING:
    import pandas as pd

ID, TARGET = "id", "PredictionString"
READ_CSV = {"v2": {"dtype": str, "keep_default_na": False}}
CHARACTERS = 5_000_000


def grade(answers: pd.DataFrame, submission: pd.DataFrame, revision: Revision) -> float:
    """Missing values count as empty. v1 refuses numbers. A pair of empty texts counts 0 in v1, 1 in v2."""
    answers, submission = aligned(answers, submission, ID, [TARGET])
    answers, submission = _filled(answers), _filled(submission)
    texts = submission[TARGET].map(lambda v: isinstance(v, str)).astype(bool)
    must = "text, not only numbers; give an answer of words at least once"
    refuse_where(submission, ~texts, TARGET, must, id_column=ID)
    require_length(submission, TARGET, CHARACTERS, id_column=ID)
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

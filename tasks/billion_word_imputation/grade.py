"""Mean edit distance between submitted and complete sentences."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mlebench_inspect.graders.metrics.text import mean_levenshtein_distance
from mlebench_inspect.graders.submission import Revision, Tables, aligned, refuse_where, require_length

if TYPE_CHECKING:
    import pandas as pd

ID, TARGET = "id", "sentence"
READ_CSV: dict[str, dict[str, Any]] = {
    "v2": {"dtype": {TARGET: str}, "keep_default_na": False, "na_values": {ID: [""]}},
}
MAX_CHARACTERS = 1 << 28  # some 900 for each sentence


def checked(known: pd.DataFrame, submission: pd.DataFrame, revision: Revision) -> Tables:
    """In v1 an empty sentence is invalid; v2 reads it as the empty text."""
    known, submission = aligned(known, submission, ID, [TARGET])
    no_text = ~submission[TARGET].map(lambda v: isinstance(v, str)).to_numpy(dtype=bool)
    refuse_where(submission, no_text, TARGET, "a sentence in every row", id_column=ID)
    require_length(submission, TARGET, MAX_CHARACTERS, id_column=ID)  # a distance takes time with the cell's length
    return known, submission


def grade(answers: pd.DataFrame, submission: pd.DataFrame, revision: Revision) -> float:
    """The metric of what `checked` returns."""
    return mean_levenshtein_distance(*checked(answers, submission, revision), target=TARGET)

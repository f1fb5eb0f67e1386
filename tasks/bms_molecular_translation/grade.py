"""Mean edit distance between predicted and true InChI."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mlebench_inspect.graders.metrics.text import mean_levenshtein_distance
from mlebench_inspect.graders.submission import Revision, Tables, aligned, require_length

if TYPE_CHECKING:
    import pandas as pd

ID, TARGET = "image_id", "InChI"
READ_CSV: dict[str, dict[str, Any]] = {"v2": {"dtype": {ID: str, TARGET: str}, "keep_default_na": False}}
MAX_CHARACTERS = 1 << 28  # some 500 for each image


def checked(known: pd.DataFrame, submission: pd.DataFrame, revision: Revision) -> Tables:
    """Anything that is not too long."""

    known, submission = aligned(known, submission, ID, [TARGET])
    require_length(submission, TARGET, MAX_CHARACTERS, id_column=ID)  # a distance takes time with the cell's length
    return known, submission


def grade(answers: pd.DataFrame, submission: pd.DataFrame, revision: Revision) -> float:
    """A missing prediction counts as the three letters "nan" in v1, as the empty text in v2."""
    import pandas as pd

    answers, submission = checked(answers, submission, revision)
    truth, given = (pd.Series(list(map(str, table[TARGET])), dtype=object) for table in (answers, submission))
    return mean_levenshtein_distance(
        answers.assign(**{TARGET: truth}), submission.assign(**{TARGET: given}), target=TARGET
    )

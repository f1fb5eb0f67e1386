"""Accuracy of the predicted sentiment, phrase by phrase."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlebench_inspect.graders.metrics.classification import accuracy
from mlebench_inspect.graders.submission import Revision, Tables, aligned, all_text, refuse_where, require_numbers

if TYPE_CHECKING:
    import pandas as pd

ID, TARGET = "PhraseId", "Sentiment"


def checked(known: pd.DataFrame, submission: pd.DataFrame, revision: Revision) -> Tables:
    """Whole numbers from 0 to 4; v1 takes others and columns of words as well."""
    import pandas as pd

    known, submission = aligned(known, submission, ID, [TARGET])
    given = submission[TARGET]
    if revision == "v2":
        require_numbers(submission, [TARGET], id_column=ID, minimum=0, maximum=4, whole=True, booleans=False)
    elif pd.api.types.is_numeric_dtype(given):
        require_numbers(submission, [TARGET], id_column=ID, whole=not pd.api.types.is_integer_dtype(given))
    else:
        must = "a whole number from 0 to 4 in every row"
        refuse_where(submission, given.isna(), TARGET, must, id_column=ID)
        words = given.map(lambda v: isinstance(v, str)).astype(bool)
        refuse_where(submission, words & (not words.all()), TARGET, must, id_column=ID)
    return known, submission


def grade(answers: pd.DataFrame, submission: pd.DataFrame, revision: Revision) -> float:
    """Labels beyond 0 to 4 and words are wrong ones."""
    import pandas as pd

    answers, submission = checked(answers, submission, revision)
    if revision == "v1" and all_text(submission[TARGET]):
        return 0.0
    return accuracy(
        answers,
        submission.assign(**{TARGET: pd.to_numeric(submission[TARGET], errors="coerce").astype(float)}),
        target=TARGET,
    )

"""Accuracy of the predicted sentiment, phrase by phrase."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlebench_inspect.graders.metrics.classification import accuracy
from mlebench_inspect.graders.submission import Revision, aligned, refuse_where, require_numbers

if TYPE_CHECKING:
    import pandas as pd

ID, TARGET = "PhraseId", "Sentiment"


def grade(answers: pd.DataFrame, submission: pd.DataFrame, revision: Revision) -> float:
    """In v1 whole numbers beyond 0 to 4 and columns of words are labels as well, if wrong ones; v2 refuses them."""
    import pandas as pd

    answers, submission = aligned(answers, submission, ID, [TARGET])
    given = submission[TARGET]
    if revision == "v2":
        require_numbers(submission, [TARGET], id_column=ID, minimum=0, maximum=4, whole=True, booleans=False)
    elif pd.api.types.is_numeric_dtype(given):
        require_numbers(submission, [TARGET], id_column=ID, whole=not pd.api.types.is_integer_dtype(given))
    else:
        must = "a whole number from 0 to 4 in every row"
        refuse_where(submission, given.isna(), TARGET, must, id_column=ID)
        words = given.map(lambda v: isinstance(v, str)).astype(bool)
        if words.all():
            return 0.0
        refuse_where(submission, words, TARGET, must, id_column=ID)
    return accuracy(
        answers, submission.assign(**{TARGET: pd.to_numeric(given, errors="coerce").astype(float)}), target=TARGET
    )

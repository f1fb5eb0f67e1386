"""Share of pictures whose first guess is wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlebench_inspect.graders.metrics.classification import top_1_error
from mlebench_inspect.graders.submission import (
    Revision,
    Tables,
    aligned,
    refuse_where,
    require_numbers,
    truncated_integers,
)

if TYPE_CHECKING:
    import pandas as pd

ID, TARGET, CATEGORIES = "id", "predicted", 1010


def checked(known: pd.DataFrame, submission: pd.DataFrame, revision: Revision) -> Tables:
    """Of several ids in a cell the first counts. v1 takes any integer, but not 3.0; v2 whole numbers from 0 to 1009."""
    import pandas as pd

    known, submission = aligned(known, submission, ID, [TARGET])
    given = submission[TARGET]
    if not pd.api.types.is_numeric_dtype(given):
        text = given.map(lambda v: isinstance(v, str)).to_numpy(dtype=bool)
        whole = given.map(lambda v: isinstance(v, int)).to_numpy(dtype=bool)  # part of a large file read as numbers
        must = "a category id, or several separated by spaces"
        refuse_where(submission, ~text & ~whole, TARGET, must, id_column=ID)
        first = given.map(_first_word)
        refuse_where(submission, first.isna(), TARGET, must, id_column=ID)
        if revision == "v2":
            first = pd.to_numeric(first, errors="coerce")
            refuse_where(submission, first.isna(), TARGET, must, id_column=ID)
        submission = submission.assign(**{TARGET: first})
    elif revision == "v1" and pd.api.types.is_float_dtype(given):
        refuse_where(submission, given.isna(), TARGET, "a category id in every row", id_column=ID)
        refuse_where(submission, given.notna(), TARGET, "integers without a decimal point", id_column=ID)
    if revision == "v2":
        last = CATEGORIES - 1
        require_numbers(submission, [TARGET], id_column=ID, minimum=0, maximum=last, whole=True, booleans=False)
    labels = truncated_integers(submission, TARGET, id_column=ID)
    return known, submission.assign(**{TARGET: labels})


def grade(answers: pd.DataFrame, submission: pd.DataFrame, revision: Revision) -> float:
    """The metric of what `checked` returns."""
    return top_1_error(*checked(answers, submission, revision), target=TARGET)


def _first_word(cell: str | int) -> str | int | None:
    """The text before the first white space; a number as it is; None where there is no word."""
    return next(iter(cell.split(maxsplit=1)), None) if isinstance(cell, str) else cell

"""Label-weighted label-ranking average precision over 80 classes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlebench_inspect.graders.metrics.ranking import lwlrap
from mlebench_inspect.graders.submission import (
    InvalidSubmission,
    Revision,
    Tables,
    aligned,
    refuse_text,
    require_columns,
    require_numbers,
)

if TYPE_CHECKING:
    import pandas as pd

ID = "fname"


def checked(known: pd.DataFrame, submission: pd.DataFrame, revision: Revision) -> Tables:
    """The columns must stand in the sample's order; True and False count as 1 and 0 in v1 only.

    v1 refuses nothing but True and False in all columns, which it cannot rank.
    """
    columns = list(known.columns)
    require_columns(submission, columns, exact=True)
    for position, (given, wanted) in enumerate(zip(submission.columns, columns, strict=True), start=1):
        if given != wanted:
            raise InvalidSubmission(
                f"column {position} is {given!r}, not {wanted!r}; keep the order of columns of the sample submission"
            )
    known, submission = aligned(known, submission, ID)
    classes = columns[1:]
    require_numbers(submission, classes, id_column=ID, booleans=revision == "v1")
    if revision == "v1":
        refuse_text(submission, classes)
        if all(submission[c].dtype.kind == "b" for c in classes):
            raise InvalidSubmission("all columns hold True and False; write scores as numbers")
    return known, submission


def grade(answers: pd.DataFrame, submission: pd.DataFrame, revision: Revision) -> float:
    """The metric of what `checked` returns."""
    return lwlrap(*checked(answers, submission, revision), targets=list(answers.columns)[1:])

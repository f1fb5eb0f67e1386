"""Mean of the root mean squared errors of three of the five columns, over the measured positions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlebench_inspect.graders.metrics.regression import mean_column_wise_rmse
from mlebench_inspect.graders.reading import extra_fields
from mlebench_inspect.graders.submission import (
    InvalidSubmission,
    Revision,
    Tables,
    aligned,
    as_floats,
    doubt,
    require_columns,
    require_ids,
    require_numbers,
    require_rows,
)

if TYPE_CHECKING:
    import pandas as pd

ID = "id_seqpos"
TARGETS = ["reactivity", "deg_Mg_pH10", "deg_pH10", "deg_Mg_50C", "deg_50C"]
SCORED = ["reactivity", "deg_Mg_pH10", "deg_Mg_50C"]


def checked(known: pd.DataFrame, submission: pd.DataFrame, revision: Revision) -> Tables:
    """A row for each id and, in v2, numbers; v1 wants numbers in scored rows alone, which the check does not know."""
    require_columns(submission, [ID, *TARGETS])
    if revision == "v2":
        require_numbers(submission, TARGETS, id_column=ID)
        return aligned(known, submission, ID)
    require_rows(submission, len(known))
    require_ids(submission, known, ID)
    return known, submission


def notice(known: pd.DataFrame, submission: pd.DataFrame, revision: Revision) -> str | None:
    """What is no number."""
    if revision == "v2":
        return None
    return doubt(require_numbers, as_floats(submission, SCORED), SCORED, id_column=ID)


def grade(answers: pd.DataFrame, submission: pd.DataFrame, revision: Revision) -> float:
    """Scores the rows with `keep` in the answers.

    v1 takes, of the submission, the rows with the same numbers in the file as the kept answers, and pairs both in the
    order of their ids. That is right for a submission in the order of the sample submission.
    """
    answers, submission = checked(answers, submission, revision)
    keep = answers["keep"].astype(bool)
    kept = (
        keep if revision == "v2" else keep.reindex(submission.index)
    )  # by the names of rows: their numbers, as a rule
    if kept.isna().any() or kept.sum() != keep.sum():
        raise InvalidSubmission(extra_fields(submission) or "the rows have other names than their numbers")
    answers, submission = answers[keep], submission[kept.to_numpy(dtype=bool)]
    if revision == "v1":
        answers, submission = answers.sort_values(ID), as_floats(submission.sort_values(ID), SCORED)
        require_numbers(submission, SCORED, id_column=ID)
    return mean_column_wise_rmse(answers, submission, targets=SCORED)

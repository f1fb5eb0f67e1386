"""Mean of the ROC AUC of six kinds of toxicity over the scored comments."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlebench_inspect.graders.metrics.classification import mean_column_wise_roc_auc
from mlebench_inspect.graders.submission import (
    InvalidSubmission,
    Revision,
    Tables,
    aligned,
    as_floats,
    doubt,
    refuse_where,
    require_columns,
    require_ids,
    require_numbers,
    require_rows,
    show,
)

if TYPE_CHECKING:
    import pandas as pd

ID, CLASSES = "id", ["toxic", "severe_toxic", "obscene", "threat", "insult", "identity_hate"]


def checked(known: pd.DataFrame, submission: pd.DataFrame, revision: Revision) -> Tables:
    """Numbers for the ids of the test file; v1 wants numbers in scored rows alone, which the check does not know."""
    if revision == "v2":
        known, submission = aligned(known, submission, ID, CLASSES)
        require_numbers(submission, CLASSES, id_column=ID)
        return known, submission
    require_columns(submission, [ID, *CLASSES], exact=True)
    require_rows(submission, len(known))
    listed = submission[ID].isin(known[ID]) & submission[ID].notna()
    refuse_where(submission, ~listed, ID, "ids of the test file")
    return known, submission


def notice(known: pd.DataFrame, submission: pd.DataFrame, revision: Revision) -> str | None:
    """Repeated ids and what is no number."""
    if revision == "v2":
        return None
    repeated = doubt(require_ids, submission, known, ID)
    return repeated or doubt(require_numbers, as_floats(submission, CLASSES), CLASSES, id_column=ID)


def grade(answers: pd.DataFrame, submission: pd.DataFrame, revision: Revision) -> float:
    """Labels of -1 mark comments that are not scored. v1 pairs the columns by position, v2 by name."""
    import pandas as pd

    answers, submission = checked(answers, submission, revision)
    if revision == "v1":
        answers, submission = _scored_rows(answers, submission)
    else:
        scored = answers[CLASSES].sum(axis=1) >= 0
        answers = answers[scored]
        submission = submission[scored][CLASSES].apply(pd.to_numeric, errors="coerce").astype(float)
    return mean_column_wise_roc_auc(answers, submission, targets=CLASSES)


def _scored_rows(answers: pd.DataFrame, submission: pd.DataFrame) -> Tables:
    """The rows that v1 scores, sorted by id; the submission's columns, as they come, get the classes' names.

    A repeated id passes as long as as many rows are left as there are answers.
    """
    import numpy as np

    answers, ordered = answers.set_index(ID).sort_index(), submission.set_index(ID).sort_index()
    scored = answers[CLASSES].sum(axis=1) >= 0
    answers, ordered = answers[scored], ordered[scored.reindex(ordered.index).to_numpy()]
    if len(answers) != len(ordered):
        repeated = submission.loc[submission[ID].duplicated(), ID].iloc[0]
        raise InvalidSubmission(f"{ID} {show(repeated)} occurs more than once; give each id one row")
    try:
        numbers = ordered.astype(float)
    except (ValueError, TypeError):
        numbers = None
    if numbers is None or not np.isfinite(numbers.to_numpy()).all():
        require_numbers(submission, CLASSES, id_column=ID)  # of the whole file: which rows are scored stays untold
        raise InvalidSubmission("some predictions are not finite numbers; write numbers only")
    return answers, numbers.set_axis(CLASSES, axis=1)

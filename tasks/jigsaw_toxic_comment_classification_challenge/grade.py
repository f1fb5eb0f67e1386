"""Mean of the ROC AUC of six kinds of toxicity over the scored comments."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlebench_inspect.graders.metrics.classification import mean_column_wise_roc_auc
from mlebench_inspect.graders.submission import (
    InvalidSubmission,
    Revision,
    aligned,
    refuse_where,
    require_columns,
    require_numbers,
    require_rows,
    show,
)

if TYPE_CHECKING:
    import pandas as pd

ID, CLASSES = "id", ["toxic", "severe_toxic", "obscene", "threat", "insult", "identity_hate"]


def grade(answers: pd.DataFrame, submission: pd.DataFrame, revision: Revision) -> float:
    """Labels of -1 mark comments that are not scored. v1 pairs the columns by position, v2 by name."""
    import pandas as pd

    if revision == "v2":
        answers, submission = aligned(answers, submission, ID, CLASSES)
        require_numbers(submission, CLASSES, id_column=ID)
        scored = answers[CLASSES].sum(axis=1) >= 0
        numbers = submission[scored][CLASSES].apply(pd.to_numeric, errors="coerce").astype(float)
        return mean_column_wise_roc_auc(answers[scored], numbers, targets=CLASSES)
    answers, submission = _scored_rows(answers, submission)
    return mean_column_wise_roc_auc(answers, submission, targets=CLASSES)


def _scored_rows(answers: pd.DataFrame, submission: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The rows that v1 scores, sorted by id; the submission's columns, as they come, get the classes' names.

    A repeated id passes as long as as many rows are left as there are answers.
    """
    import numpy as np

    require_columns(submission, [ID, *CLASSES], exact=True)
    require_rows(submission, len(answers))
    known = submission[ID].isin(answers[ID]) & submission[ID].notna()
    refuse_where(submission, ~known, ID, "ids of the test file")
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
        # The message is that of the whole file: which rows are scored is not told.
        require_numbers(submission, CLASSES, id_column=ID)
        raise InvalidSubmission("some predictions are not finite numbers; write numbers only")
    return answers, numbers.set_axis(CLASSES, axis=1)

"""ROC AUC of the predicted insults; the comment's text is the key."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mlebench_inspect.graders.metrics.classification import roc_auc
from mlebench_inspect.graders.submission import (
    InvalidSubmission,
    Revision,
    Tables,
    refuse_where,
    require_columns,
    require_numbers,
    require_rows,
    show,
)

if TYPE_CHECKING:
    import pandas as pd

ID, TARGET = "Comment", "Insult"


def checked(known: pd.DataFrame, submission: pd.DataFrame, revision: Revision) -> Tables:
    """Each comment of the test file, as often as it stands there."""

    require_columns(submission, [ID, TARGET])
    require_rows(submission, len(known))
    require_numbers(submission, [TARGET], minimum=0, maximum=1)
    must = "the comments of the test file, unchanged"
    refuse_where(submission, ~submission[ID].isin(known[ID]) | submission[ID].isna(), ID, must)
    wanted = known[ID].value_counts()
    given = submission[ID].value_counts().reindex(wanted.index, fill_value=0)
    wrong = wanted.index[given < wanted]
    if len(wrong):
        comment = wrong[0]
        raise InvalidSubmission(
            f"{ID} {show(comment)} occurs {given[comment]} times; {wanted[comment]} are needed "
            f"({len(wrong):,} comments have too few rows); keep the rows of the test file"
        )
    return known, submission


def grade(answers: pd.DataFrame, submission: pd.DataFrame, revision: Revision) -> float:
    """Pairs rows by comment. A comment that occurs more than once is paired in order of appearance in v2."""
    import pandas as pd

    answers, submission = checked(answers, submission, revision)
    # In v1 rows with the same comment are paired as pandas' default sort, which is not stable, leaves them.
    order: Any = {"by": ID, "kind": "quicksort" if revision == "v1" else "stable"}
    answers = answers.sort_values(**order)
    submission = submission.sort_values(**order)
    return roc_auc(
        answers,
        submission.assign(**{TARGET: pd.to_numeric(submission[TARGET], errors="coerce").astype(float)}),
        target=TARGET,
    )

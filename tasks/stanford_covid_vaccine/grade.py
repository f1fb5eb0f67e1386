"""Mean of the root mean squared errors of three of the five columns, over the measured positions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlebench_inspect.graders.metrics.regression import mean_column_wise_rmse
from mlebench_inspect.graders.submission import (
    Revision,
    aligned,
    as_floats,
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


def grade(answers: pd.DataFrame, submission: pd.DataFrame, revision: Revision) -> float:
    """Scores the rows with `keep` in the answers.

    v1 takes, of the submission, the rows with the same numbers in the file as the kept answers, and pairs both in the
    order of their ids. That is right for a submission in the order of the sample submission.
    """
    if revision == "v2":
        require_columns(submission, [ID, *TARGETS])
        require_numbers(submission, TARGETS, id_column=ID)
        answers, submission = aligned(answers, submission, ID)
        scored = answers["keep"]
        return mean_column_wise_rmse(answers[scored], submission[scored], targets=SCORED)

    require_columns(submission, [ID, *TARGETS])
    require_rows(submission, len(answers))
    require_ids(submission, answers, ID)
    keep = answers["keep"].to_numpy(dtype=bool)
    answers, submission = (t[keep].sort_values(ID) for t in (answers, submission))
    submission = as_floats(submission, SCORED)
    require_numbers(submission, SCORED, id_column=ID)
    return mean_column_wise_rmse(answers, submission, targets=SCORED)

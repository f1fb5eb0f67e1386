"""Mean absolute error of the time to the next eruption."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlebench_inspect.graders.coverage import ScoreOfRows
from mlebench_inspect.graders.metrics.regression import mean_absolute_error
from mlebench_inspect.graders.submission import (
    Revision,
    Tables,
    as_floats,
    require_columns,
    require_ids,
    require_numbers,
)

if TYPE_CHECKING:
    import pandas as pd

ID, TARGET = "segment_id", "time_to_eruption"


def checked(known: pd.DataFrame, submission: pd.DataFrame, revision: Revision) -> Tables:
    """Numbers for all ids; v1 counts each copy of a repeated id as a further row."""
    import pandas as pd

    require_columns(submission, [TARGET, ID])
    require_ids(submission, known, ID, repeats=revision == "v1")
    known = known.iloc[pd.Index(known[ID]).get_indexer(submission[ID])]
    if revision == "v1":
        submission = as_floats(submission, [TARGET])
    require_numbers(submission, [TARGET], id_column=ID)
    return known, submission


def grade(answers: pd.DataFrame, submission: pd.DataFrame, revision: Revision) -> float:
    """v1 rounds the error to a whole number."""
    rows = len(answers)
    answers, submission = checked(answers, submission, revision)
    error = mean_absolute_error(answers, submission, target=TARGET)
    return error if revision == "v2" else ScoreOfRows(round(error), counted=len(submission), rows=rows)

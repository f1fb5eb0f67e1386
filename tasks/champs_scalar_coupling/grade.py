"""Mean over the coupling types of the logarithm of the mean absolute error."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlebench_inspect.graders.coverage import ScoreOfRows
from mlebench_inspect.graders.metrics.regression import mean_log_mae_by_type
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

ID, TARGET, KIND = "id", "scalar_coupling_constant", "type"
FLOOR = 1e-9  # the competition's own smallest error of a type


def checked(known: pd.DataFrame, submission: pd.DataFrame, revision: Revision) -> Tables:
    """Numbers for all ids; an id may occur more than once in v1."""
    require_columns(submission, [TARGET, ID])
    require_ids(submission, known, ID, repeats=revision == "v1")
    if revision == "v1":
        submission = as_floats(submission, [TARGET])
    require_numbers(submission, [TARGET], id_column=ID)
    return known, submission


def grade(answers: pd.DataFrame, submission: pd.DataFrame, revision: Revision) -> float:
    """v1 has no smallest error, so that a type without any gives minus infinity, and counts each copy of an id."""
    import pandas as pd

    answers, submission = checked(answers, submission, revision)
    pairs = answers.iloc[pd.Index(answers[ID]).get_indexer(submission[ID])]
    floor = FLOOR if revision == "v2" else 0.0
    score = mean_log_mae_by_type(pairs, submission, target=TARGET, kind=KIND, floor=floor)
    return score if revision == "v2" else ScoreOfRows(score, counted=len(submission), rows=len(answers))

"""Root mean squared error over pixels."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlebench_inspect.graders.metrics.regression import root_mean_squared_error
from mlebench_inspect.graders.submission import (
    Revision,
    Tables,
    as_floats,
    require_columns,
    require_ids,
    require_numbers,
    require_rows,
)

if TYPE_CHECKING:
    import pandas as pd

ID, TARGET = "id", "value"


def checked(known: pd.DataFrame, submission: pd.DataFrame, revision: Revision) -> Tables:
    """Values are not clipped; True and False count as 1 and 0 in v1 only."""
    import numpy as np

    require_columns(submission, [ID, TARGET])
    require_rows(submission, len(known))
    if revision == "v1":
        submission = as_floats(submission, [TARGET])
    require_numbers(submission, [TARGET], id_column=ID, booleans=revision == "v1")
    if not np.array_equal(known[ID], submission[ID]):
        known = _in_order_of(submission, known)
    return known, submission


def grade(answers: pd.DataFrame, submission: pd.DataFrame, revision: Revision) -> float:
    """The metric of what `checked` returns."""
    return root_mean_squared_error(*checked(answers, submission, revision), target=TARGET)


def _in_order_of(submission: pd.DataFrame, answers: pd.DataFrame) -> pd.DataFrame:
    """The answers' rows in the order of the submission's ids: several times faster than sorting millions of texts."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    wanted = pa.array(answers[ID].to_numpy(), pa.large_string())
    try:
        given = pa.array(submission[ID].to_numpy(), pa.large_string())
        positions = pc.index_in(given, value_set=wanted).fill_null(-1).to_numpy()
    except pa.ArrowException:  # ids that are not text
        positions = np.full(len(submission), -1)
    if not np.array_equal(np.bincount(positions + 1, minlength=len(answers) + 1)[1:], np.ones(len(answers))):
        require_ids(submission, answers, ID)
    paired: pd.DataFrame = answers.iloc[positions].reset_index(drop=True)
    return paired

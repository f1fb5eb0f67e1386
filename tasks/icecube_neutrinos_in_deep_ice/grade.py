"""Mean angle between predicted and true directions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlebench_inspect.graders.metrics.geo import mean_angular_error
from mlebench_inspect.graders.submission import (
    Revision,
    Tables,
    aligned,
    refuse_text,
    require_columns,
    require_numbers,
    require_rows,
)

if TYPE_CHECKING:
    import pandas as pd

ID, ANGLES = "event_id", ["azimuth", "zenith"]


def checked(known: pd.DataFrame, submission: pd.DataFrame, revision: Revision) -> Tables:
    """Any finite angles are allowed; alike in v1 and v2."""
    require_columns(submission, [ID, *ANGLES], exact=True)
    require_rows(submission, len(known))
    require_numbers(submission, ANGLES, id_column=ID, booleans=False)
    refuse_text(submission, ANGLES)
    known, submission = aligned(known, submission, ID, ANGLES)
    return known, submission


def grade(answers: pd.DataFrame, submission: pd.DataFrame, revision: Revision) -> float:
    """The metric of what `checked` returns."""
    return mean_angular_error(*checked(answers, submission, revision), azimuth=ANGLES[0], zenith=ANGLES[1])

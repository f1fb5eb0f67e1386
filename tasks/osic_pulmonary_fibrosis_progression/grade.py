"""Modified Laplace log likelihood of the lung volume at each patient's last three visits."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlebench_inspect.graders.coverage import ScoreOfRows
from mlebench_inspect.graders.metrics.regression import modified_laplace_log_likelihood
from mlebench_inspect.graders.submission import (
    InvalidSubmission,
    Revision,
    Tables,
    doubt,
    refuse_text,
    require_columns,
    require_ids,
    require_numbers,
    show,
)

if TYPE_CHECKING:
    import pandas as pd

ID, TARGET, CONFIDENCE = "Patient_Week", "FVC", "Confidence"
VISITS = 3


def checked(known: pd.DataFrame, submission: pd.DataFrame, revision: Revision) -> Tables:
    """v1 takes whichever weeks the submission holds, and a missing confidence; v2 needs all.

    v1 refuses a scored week that is repeated; which these are the check does not know.
    """
    require_columns(submission, [ID, TARGET, CONFIDENCE])
    lenient = revision == "v1"
    if submission.empty:
        raise InvalidSubmission("the submission has no rows; give each row of the sample submission one row")
    require_ids(submission, known, ID, repeats=lenient, gaps=lenient)
    require_numbers(submission, [TARGET, CONFIDENCE], id_column=ID, finite=not lenient, missing=lenient)
    if lenient:
        refuse_text(submission, [TARGET, CONFIDENCE])
    return known, submission


def notice(known: pd.DataFrame, submission: pd.DataFrame, revision: Revision) -> str | None:
    """Repeated rows."""
    return doubt(require_ids, submission, known, ID, gaps=True) if revision == "v1" else None


def grade(answers: pd.DataFrame, submission: pd.DataFrame, revision: Revision) -> float:
    """v1 scores whichever of the visits the submission holds, and reads a missing confidence as 0."""
    answers, submission = checked(answers, submission, revision)
    visits = last_visits(answers)
    given = submission[submission[ID].isin(visits[ID])].fillna({CONFIDENCE: 0}).sort_values(ID)
    if given[ID].duplicated().any():
        # The first repeated row of all is named: which weeks are scored stays untold.
        repeated = submission.loc[submission[ID].duplicated(), ID].iloc[0]
        raise InvalidSubmission(f"{ID} {show(repeated)} occurs more than once; give each id one row")
    chosen = visits[visits[ID].isin(given[ID])].sort_values(ID)
    score = modified_laplace_log_likelihood(chosen, given, target=TARGET, confidence=CONFIDENCE)
    return ScoreOfRows(score, counted=len(chosen), rows=len(visits)) if revision == "v1" else score


def last_visits(answers: pd.DataFrame) -> pd.DataFrame:
    """The rows of each patient's last three measurements."""
    measured = answers.dropna(subset=[TARGET])
    parts = measured[ID].str.rpartition("_")
    measured = measured.assign(patient=parts[0], week=parts[2].astype(int))
    return measured.sort_values("week").groupby("patient").tail(VISITS)

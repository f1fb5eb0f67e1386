"""ROC AUC overall and over subsets of nine identity groups."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from mlebench_inspect.graders.metrics.fairness import bias_weighted_roc_auc
from mlebench_inspect.graders.reading import read_table
from mlebench_inspect.graders.submission import (
    InvalidSubmission,
    Revision,
    Tables,
    aligned,
    refuse_text,
    require_numbers,
)

if TYPE_CHECKING:
    import pandas as pd

ID, LABEL, PREDICTION = "id", "toxicity", "prediction"
GROUPS = [
    "male",
    "female",
    "homosexual_gay_or_lesbian",
    "christian",
    "jewish",
    "muslim",
    "black",
    "white",
    "psychiatric_or_mental_illness",
]


def read_answers(path: Path, options: dict[str, Any]) -> pd.DataFrame:
    """The columns of the answers that are graded."""
    return read_table(path, usecols=[ID, LABEL, *GROUPS], **options)


def checked(known: pd.DataFrame, submission: pd.DataFrame, revision: Revision) -> Tables:
    """Numbers. In v1 the column may be called `toxicity` and values be missing."""
    import pandas as pd

    column = LABEL if revision == "v1" and LABEL in submission.columns else PREDICTION
    if column == LABEL and PREDICTION in submission.columns:
        raise InvalidSubmission(f"columns {PREDICTION} and {LABEL} are both there; leave {LABEL} out")
    known, submission = aligned(known, submission, ID, [column])
    given = submission[column]
    if revision == "v2":
        require_numbers(submission, [column], id_column=ID)
        scores = pd.to_numeric(given, errors="coerce").astype(float)
    else:
        require_numbers(submission, [column], id_column=ID, finite=False, missing=True)
        refuse_text(submission, [column], gaps=True)
        scores = (pd.to_numeric(given, errors="coerce") >= 0.5).astype(float)
    return known, submission.assign(**{PREDICTION: scores})


def grade(answers: pd.DataFrame, submission: pd.DataFrame, revision: Revision) -> float:
    """v1 turns predictions into 0 and 1 at 0.5 first, a missing one into 0."""
    return bias_weighted_roc_auc(
        *checked(answers, submission, revision), label=LABEL, prediction=PREDICTION, groups=GROUPS
    )

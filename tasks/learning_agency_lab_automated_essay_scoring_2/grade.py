"""Quadratic weighted kappa of the predicted essay scores."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from mlebench_inspect.graders.metrics.classification import quadratic_weighted_kappa
from mlebench_inspect.graders.submission import (
    InvalidSubmission,
    Revision,
    Tables,
    aligned,
    refuse_text,
    require_columns,
    require_numbers,
)

if TYPE_CHECKING:
    import pandas as pd

ID, TARGET = "essay_id", "score"
SCALE = [1, 2, 3, 4, 5, 6]


def checked(known: pd.DataFrame, submission: pd.DataFrame, revision: Revision) -> Tables:
    """Whole numbers; in v2 from 1 to 6."""
    import pandas as pd

    require_columns(submission, [ID, TARGET])
    if submission.empty:
        raise InvalidSubmission("the submission has no rows; give each essay one row")
    known, submission = aligned(known, submission, ID, [TARGET])
    low, high = (SCALE[0], SCALE[-1]) if revision == "v2" else (-math.inf, math.inf)
    fractions = not pd.api.types.is_integer_dtype(submission[TARGET])  # integers may use all 64 bits
    require_numbers(
        submission,
        [TARGET],
        id_column=ID,
        minimum=low,
        maximum=high,
        whole=fractions,
        booleans=revision == "v1",
    )
    if revision == "v1":
        refuse_text(submission, [TARGET])
    if fractions:
        submission = submission.assign(**{TARGET: pd.to_numeric(submission[TARGET], errors="coerce").astype("int64")})
    return known, submission


def grade(answers: pd.DataFrame, submission: pd.DataFrame, revision: Revision) -> float:
    """v1 weighs errors by ranks among the scores that occur, also beyond 1 to 6; v2 by the scale from 1 to 6."""
    answers, submission = checked(answers, submission, revision)
    if revision == "v1":
        return quadratic_weighted_kappa(answers, submission, target=TARGET)
    kappa = quadratic_weighted_kappa(answers, submission, target=TARGET, labels=SCALE)
    return 0.0 if math.isnan(kappa) else kappa

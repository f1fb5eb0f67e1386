"""Pearson correlation of predicted and rated similarity."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from mlebench_inspect.graders.metrics.regression import pearson_correlation
from mlebench_inspect.graders.submission import Revision, Tables, aligned, refuse_text, require_numbers

if TYPE_CHECKING:
    import pandas as pd

ID, TARGET = "id", "score"


def checked(known: pd.DataFrame, submission: pd.DataFrame, revision: Revision) -> Tables:
    """Numbers; missing and infinite ones pass in v1."""
    known, submission = aligned(known, submission, ID, [TARGET])
    finite = revision == "v2"
    require_numbers(submission, [TARGET], id_column=ID, finite=finite, missing=not finite)
    if revision == "v1":
        refuse_text(submission, [TARGET])
    return known, submission


def grade(answers: pd.DataFrame, submission: pd.DataFrame, revision: Revision) -> float:
    """A constant column counts as uncorrelated in v2; in v1 its score is NaN, as with values missing or infinite."""
    answers, submission = checked(answers, submission, revision)
    r = pearson_correlation(answers, submission, target=TARGET)
    return 0.0 if revision == "v2" and math.isnan(r) and submission[TARGET].nunique() == 1 else r

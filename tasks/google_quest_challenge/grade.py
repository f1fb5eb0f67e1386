"""Mean rank correlation over 30 qualities of questions and answers."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from mlebench_inspect.graders.metrics.regression import mean_column_wise_spearman
from mlebench_inspect.graders.submission import (
    InvalidSubmission,
    Revision,
    Tables,
    aligned,
    require_columns,
    require_numbers,
    require_rows,
)

if TYPE_CHECKING:
    import pandas as pd

ID = "qa_id"
TARGETS = [
    "question_asker_intent_understanding",
    "question_body_critical",
    "question_conversational",
    "question_expect_short_answer",
    "question_fact_seeking",
    "question_has_commonly_accepted_answer",
    "question_interestingness_others",
    "question_interestingness_self",
    "question_multi_intent",
    "question_not_really_a_question",
    "question_opinion_seeking",
    "question_type_choice",
    "question_type_compare",
    "question_type_consequence",
    "question_type_definition",
    "question_type_entity",
    "question_type_instructions",
    "question_type_procedure",
    "question_type_reason_explanation",
    "question_type_spelling",
    "question_well_written",
    "answer_helpful",
    "answer_level_of_information",
    "answer_plausible",
    "answer_relevance",
    "answer_satisfaction",
    "answer_type_instructions",
    "answer_type_procedure",
    "answer_type_reason_explanation",
    "answer_well_written",
]


def checked(known: pd.DataFrame, submission: pd.DataFrame, revision: Revision) -> Tables:
    """v1 wants columns that can be sorted and as many rows as the test file; v2 its ids and numbers from 0 to 1."""
    if revision == "v2":
        known, submission = aligned(known, submission, ID, TARGETS)
        require_numbers(submission, TARGETS, id_column=ID, minimum=0, maximum=1)
        return known, submission
    require_columns(submission, [ID, *TARGETS], exact=True)
    require_rows(submission, len(known))
    _refuse_mixture(submission[ID])
    ranked = submission.assign(**{t: _sortable(submission[t]) for t in TARGETS})
    return known.sort_values(ID), ranked.sort_values(ID)


def grade(answers: pd.DataFrame, submission: pd.DataFrame, revision: Revision) -> float:
    """v1 pairs rows by the rank of their ids; a column without ranking makes the score NaN in v1 and counts 0 in v2."""
    undefined = math.nan if revision == "v1" else 0
    return mean_column_wise_spearman(*checked(answers, submission, revision), targets=TARGETS, undefined=undefined)


def _refuse_mixture(column: pd.Series) -> None:
    """Refuses a column that holds texts and others, which have no common order."""
    texts = column[column.notna()].map(lambda v: isinstance(v, str)).astype(bool)
    if texts.any() and not texts.all():
        raise InvalidSubmission(f"column {column.name} holds numbers and text; write numbers only")


def _sortable(column: pd.Series) -> pd.Series:
    """Numbers as they are; texts by their place in the alphabet, none at all if one is missing."""
    import numpy as np
    import pandas as pd

    if pd.api.types.is_numeric_dtype(column):
        return column.astype(float)
    _refuse_mixture(column)
    if column.isna().any():
        return pd.Series(np.nan, index=column.index)
    return pd.Series(np.unique(column.to_numpy(), return_inverse=True)[1].astype(float), index=column.index)

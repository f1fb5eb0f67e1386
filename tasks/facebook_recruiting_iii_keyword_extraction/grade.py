"""F1 score over all pairs of question and tag."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlebench_inspect.graders.metrics.classification import micro_f1
from mlebench_inspect.graders.submission import Revision, Tables, aligned, refuse_where, require_length

if TYPE_CHECKING:
    import pandas as pd

ID, TARGET = "Id", "Tags"
READ_CSV = {"v2": {"dtype": {TARGET: str}, "keep_default_na": False, "na_values": {ID: [""]}}}
MAX_CHARACTERS = 1 << 27  # some 200 for each question


def checked(known: pd.DataFrame, submission: pd.DataFrame, revision: Revision) -> Tables:
    """Tags as text or nothing; numbers are text in v2."""
    known, submission = aligned(known, submission, ID, [TARGET])
    given = submission[TARGET]
    no_text = given.notna() & ~given.map(lambda v: isinstance(v, str)).astype(bool)
    refuse_where(submission, no_text, TARGET, "tags as text, not all numbers", id_column=ID)
    require_length(submission, TARGET, MAX_CHARACTERS, id_column=ID)
    return known, submission


def grade(answers: pd.DataFrame, submission: pd.DataFrame, revision: Revision) -> float:
    """Tags that the answers never use cost nothing in v1 and are wrong in v2."""
    answers, submission = checked(answers, submission, revision)
    truth, given = (t[TARGET].astype(object).where(t[TARGET].notna(), "") for t in (answers, submission))
    return micro_f1(
        answers.assign(**{TARGET: truth}),
        submission.assign(**{TARGET: given}),
        target=TARGET,
        split=True,
        known_only=revision == "v1",
    )

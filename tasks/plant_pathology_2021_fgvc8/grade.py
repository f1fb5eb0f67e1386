"""Micro-averaged F1 over all pairs of image and label."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlebench_inspect.graders.metrics.classification import micro_f1
from mlebench_inspect.graders.submission import Revision, Tables, aligned, refuse_where, require_length

if TYPE_CHECKING:
    import pandas as pd

ID, TARGET = "image", "labels"
LABELS = ["complex", "frog_eye_leaf_spot", "healthy", "powdery_mildew", "rust", "scab"]
MAX_CHARACTERS = 10_000_000
READ_CSV = {"v2": {"dtype": {TARGET: str}}}


def checked(known: pd.DataFrame, submission: pd.DataFrame, revision: Revision) -> Tables:
    """Names of labels; an empty cell predicts nothing. v2 refuses unknown ones."""
    known, submission = aligned(known, submission, ID, [TARGET])
    given = submission[TARGET]
    text = given.map(lambda v: isinstance(v, str)).astype(bool)
    refuse_where(submission, given.notna() & ~text, TARGET, "names of labels separated by spaces", id_column=ID)
    require_length(submission, TARGET, MAX_CHARACTERS, id_column=ID)
    given = given.astype(object).where(text, "")
    if revision == "v2":
        labels = rf"(?<!\S)(?:{'|'.join(LABELS)})(?!\S)"
        unknown = given.str.replace(labels, "", regex=True).str.strip() != ""
        refuse_where(submission, unknown, TARGET, f"labels out of {', '.join(LABELS)}", id_column=ID)
    return known, submission.assign(**{TARGET: given})


def grade(answers: pd.DataFrame, submission: pd.DataFrame, revision: Revision) -> float:
    """v1 drops labels that the answers never use."""
    answers, submission = checked(answers, submission, revision)
    truth = answers.assign(**{TARGET: answers[TARGET].fillna("")})
    return micro_f1(truth, submission, target=TARGET, split=True, known_only=revision == "v1")

"""Micro-averaged F1 over all pairs of picture and attribute."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from mlebench_inspect.graders.metrics.classification import micro_f1
from mlebench_inspect.graders.reading import read_table
from mlebench_inspect.graders.submission import Revision, aligned, refuse_where

if TYPE_CHECKING:
    import pandas as pd

ID, TARGET = "id", "attribute_ids"
READ_CSV = {"v2": {"dtype": {TARGET: str}}}
MAX_CHARACTERS = 1_000_000  # all attributes in one cell need 17,000


def read_answers(path: Path, options: dict[str, Any]) -> pd.DataFrame:
    """The answers; in v2 with the list of all attributes, which lies beside them, as `attrs["attributes"]`."""
    answers = read_table(path, **options)
    if options:
        labels = read_table(path.with_name("labels.csv"))
        answers.attrs["attributes"] = frozenset(labels["attribute_id"].astype(str))
    return answers


def grade(answers: pd.DataFrame, submission: pd.DataFrame, revision: Revision) -> float:
    """v1 drops attributes that no test picture has, v2 counts them as wrong and refuses what is no attribute."""
    attributes = answers.attrs.get("attributes", frozenset())
    answers, submission = aligned(answers, submission, ID, [TARGET])
    given = submission[TARGET]
    text = given.map(lambda v: isinstance(v, str)).to_numpy(dtype=bool)
    bad = given.notna().to_numpy() & ~text
    refuse_where(submission, bad, TARGET, "lists of ids as text, at least one with two ids", id_column=ID)
    given = given.astype(object).where(text, "")
    long = given.map(len) > MAX_CHARACTERS
    refuse_where(submission, long, TARGET, f"at most {MAX_CHARACTERS:,} characters", id_column=ID)
    if revision == "v2":
        unknown = [not attributes.issuperset(cell.split()) for cell in given]
        refuse_where(submission, unknown, TARGET, "nothing but ids out of labels.csv", id_column=ID)
    truth = answers.assign(**{TARGET: answers[TARGET].fillna("")})
    return micro_f1(truth, submission.assign(**{TARGET: given}), target=TARGET, split=True, known_only=revision == "v1")

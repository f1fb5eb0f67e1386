"""Micro-averaged F1 over all pairs of picture and attribute."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from mlebench_inspect.graders.metrics.classification import micro_f1
from mlebench_inspect.graders.reading import read_table
from mlebench_inspect.graders.submission import Revision, Tables, aligned, refuse_where

if TYPE_CHECKING:
    import pandas as pd

ID, TARGET = "id", "attribute_ids"
READ_CSV = {"v2": {"dtype": {TARGET: str}}}
MAX_CHARACTERS = 1_000_000  # all attributes in one cell need 17,000


def read_answers(path: Path, options: dict[str, Any]) -> pd.DataFrame:
    """A table; in v2 with the list of all attributes, which lies beside it, as `attrs["attributes"]`."""
    table = read_table(path, **options)
    if options:
        labels = read_table(path.with_name("labels.csv"))
        table.attrs["attributes"] = frozenset(labels["attribute_id"].astype(str))
    return table


read_sample = read_answers


def checked(known: pd.DataFrame, submission: pd.DataFrame, revision: Revision) -> Tables:
    """Lists of ids as text; v2 refuses what is no attribute."""
    attributes = known.attrs.get("attributes", frozenset())
    known, submission = aligned(known, submission, ID, [TARGET])
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
    return known, submission.assign(**{TARGET: given})


def grade(answers: pd.DataFrame, submission: pd.DataFrame, revision: Revision) -> float:
    """v1 drops attributes that no test picture has, v2 counts them as wrong."""
    answers, submission = checked(answers, submission, revision)
    truth = answers.assign(**{TARGET: answers[TARGET].fillna("")})
    return micro_f1(truth, submission, target=TARGET, split=True, known_only=revision == "v1")

"""Micro-averaged F1; with one species per image this is accuracy."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlebench_inspect.graders.metrics.classification import micro_f1
from mlebench_inspect.graders.submission import InvalidSubmission, Revision, Tables, aligned, refuse_where

if TYPE_CHECKING:
    import pandas as pd

ID, TARGET = "file", "species"
SPECIES = [
    "Black-grass",
    "Charlock",
    "Cleavers",
    "Common Chickweed",
    "Common wheat",
    "Fat Hen",
    "Loose Silky-bent",
    "Maize",
    "Scentless Mayweed",
    "Shepherds Purse",
    "Small-flowered Cranesbill",
    "Sugar beet",
]


def checked(known: pd.DataFrame, submission: pd.DataFrame, revision: Revision) -> Tables:
    """v1 takes missing and unknown names, unless no cell is a name at all; v2 refuses them."""
    known, submission = aligned(known, submission, ID, [TARGET])
    given = submission[TARGET].astype(object)
    if revision == "v2":
        refuse_where(submission, ~given.isin(SPECIES), TARGET, "one of the 12 species in every row", id_column=ID)
    elif not given.map(lambda v: isinstance(v, str)).any():
        raise InvalidSubmission(f"column {TARGET} holds no name of a species; write one of: {', '.join(SPECIES)}")
    return known, submission.assign(**{TARGET: given.where(given.notna(), "").astype(str)})


def grade(answers: pd.DataFrame, submission: pd.DataFrame, revision: Revision) -> float:
    """Missing and unknown names are wrong."""
    return micro_f1(*checked(answers, submission, revision), target=TARGET)

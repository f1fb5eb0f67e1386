"""Pixel-wise F0.5 of the ink mask."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from mlebench_inspect.graders.metrics.segmentation import f0_5_score
from mlebench_inspect.graders.reading import read_table
from mlebench_inspect.graders.run_length import submitted_runs
from mlebench_inspect.graders.submission import (
    InvalidSubmission,
    Revision,
    Tables,
    aligned,
    blank_if_missing,
    require_columns,
)

if TYPE_CHECKING:
    import pandas as pd

ID, MASK = "Id", "Predicted"
READ_CSV = {"v1": {}, "v2": {"dtype": {MASK: str}}}


def read_sample(path: Path, options: dict[str, Any]) -> pd.DataFrame:
    """The sample submission with the sizes of the fragments, which are those of their masks."""
    from PIL import Image

    table, sizes = read_table(path, **options), []
    for fragment in table[ID]:
        with Image.open(path.parent / "test" / fragment / "mask.png") as mask:  # reads the header alone
            sizes.append(mask.size)
    return table.assign(width=[s[0] for s in sizes], height=[s[1] for s in sizes])


def checked(known: pd.DataFrame, submission: pd.DataFrame, revision: Revision) -> Tables:
    """v2 takes an empty field for an empty mask and refuses runs that leave the image."""
    known, submission = _paired(known, submission, revision)
    submitted_runs(submission, MASK, _cells(known), id_columns=[ID], strict=revision == "v2")
    return known, submission


def grade(answers: pd.DataFrame, submission: pd.DataFrame, revision: Revision) -> float:
    """The metric of what `checked` accepts."""
    answers, submission = _paired(answers, submission, revision)
    return f0_5_score(answers, submission, mask=MASK, cells=_cells(answers), id_columns=[ID], strict=revision == "v2")


def _paired(known: pd.DataFrame, submission: pd.DataFrame, revision: Revision) -> Tables:
    require_columns(submission, [ID, MASK], exact=True)
    in_order = list(submission[ID]) == list(known[ID])
    known, submission = aligned(known, submission, ID, [MASK])
    if revision == "v1" and not in_order:
        raise InvalidSubmission(f"column {ID} must hold the ids in the order of the sample submission")
    if revision == "v2":
        submission = submission.assign(**{MASK: blank_if_missing(submission[MASK])})
    return known, submission


def _cells(table: pd.DataFrame) -> pd.Series:
    return table["height"] * table["width"]

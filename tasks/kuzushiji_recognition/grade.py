"""F1 over all characters: a labelled point must lie inside a box of the same label."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlebench_inspect.graders.metrics.points import point_in_box_micro_f1
from mlebench_inspect.graders.submission import (
    InvalidSubmission,
    Revision,
    Tables,
    aligned,
    refuse_where,
    require_length,
    show,
)

if TYPE_CHECKING:
    import pandas as pd

ID, TARGET = "image_id", "labels"
MAX_POINTS = 1_200
MAX_CHARACTERS = 20_000_000  # 361 pages with 1,200 points each need less than half


def checked(known: pd.DataFrame, submission: pd.DataFrame, revision: Revision) -> Tables:
    """v2 refuses pages with more than 1,200 points, and coordinates that are no finite numbers."""
    known, submission = aligned(known, submission, ID, [TARGET])
    given = submission[TARGET]
    bad = given.map(lambda v: not isinstance(v, str)).to_numpy(dtype=bool) & given.notna().to_numpy()
    refuse_where(submission, bad, TARGET, "groups of a code and two coordinates, or nothing", id_column=ID)
    require_length(submission, TARGET, MAX_CHARACTERS, id_column=ID)
    for page, cell in zip(submission[ID], given, strict=True):
        if isinstance(cell, str):
            _check_page(page, cell, revision)
    return known, submission


def grade(answers: pd.DataFrame, submission: pd.DataFrame, revision: Revision) -> float:
    """The metric of what `checked` returns."""
    return point_in_box_micro_f1(*checked(answers, submission, revision), target=TARGET)


def _check_page(page: str, cell: str, revision: Revision) -> None:
    """Refuses text that is not groups of a code and two numbers.

    Raises:
        InvalidSubmission: Naming the page and the defect.
    """
    import math

    tokens = cell.split(" ")
    if len(tokens) % 3:
        raise InvalidSubmission(
            f"column {TARGET} must hold groups of three, code, x and y, all separated by single spaces; "
            f"the row with {ID} {show(page)} has {len(tokens):,} tokens: {show(cell)}"
        )
    if revision == "v2" and len(tokens) > 3 * MAX_POINTS:
        raise InvalidSubmission(
            f"the row with {ID} {show(page)} has {len(tokens) // 3:,} predictions; at most {MAX_POINTS:,} are allowed"
        )
    for token in (t for axis in (1, 2) for t in tokens[axis::3]):
        try:
            usable = math.isfinite(float(token)) or revision == "v1"
        except ValueError:
            usable = False
        if not usable:
            raise InvalidSubmission(
                f"column {TARGET} must hold numbers as coordinates; the row with {ID} {show(page)} has {show(token)}"
            )

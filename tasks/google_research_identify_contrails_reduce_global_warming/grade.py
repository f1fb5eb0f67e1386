"""Dice coefficient over the pixels of all records together."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from mlebench_inspect.graders.metrics.segmentation import global_dice
from mlebench_inspect.graders.reading import read_table
from mlebench_inspect.graders.run_length import submitted_runs
from mlebench_inspect.graders.submission import Revision, Tables, aligned, refuse_where

if TYPE_CHECKING:
    import pandas as pd

ID, MASK, EMPTY = "record_id", "encoded_pixels", "-"
READ_CSV = {"v1": {}, "v2": {"dtype": {MASK: str}}}


def read_sample(path: Path, options: dict[str, Any]) -> pd.DataFrame:
    """The sample submission with the images' sizes, which v2 leaves out of it."""
    import numpy as np

    table = read_table(path, **options)
    if "height" in table.columns:
        return table
    folders = read_table(path, usecols=[ID], dtype=str)[ID]
    bands = [path.parent / "test" / folder / "band_08.npy" for folder in folders]
    sizes = [np.load(band, mmap_mode="r").shape for band in bands]
    return table.assign(height=[s[0] for s in sizes], width=[s[1] for s in sizes])


def checked(known: pd.DataFrame, submission: pd.DataFrame, revision: Revision) -> Tables:
    """An empty mask must be given as `-`; v2 refuses runs that leave the image."""
    known, submission = _paired(known, submission)
    submitted_runs(submission, MASK, _cells(known), id_columns=[ID], strict=revision == "v2")
    return known, submission


def grade(answers: pd.DataFrame, submission: pd.DataFrame, revision: Revision) -> float:
    """The metric of what `checked` accepts."""
    answers, submission = _paired(answers, submission)
    return global_dice(answers, submission, mask=MASK, cells=_cells(answers), id_columns=[ID], strict=revision == "v2")


def _paired(known: pd.DataFrame, submission: pd.DataFrame) -> Tables:
    known, submission = aligned(known, submission, ID, [MASK])
    missing = submission[MASK].isna()
    refuse_where(submission, missing, MASK, f"a run-length code, or {EMPTY} for an empty mask", id_column=ID)
    return (
        known.assign(**{MASK: known[MASK].replace(EMPTY, "")}),
        submission.assign(**{MASK: submission[MASK].replace(EMPTY, "")}),
    )


def _cells(table: pd.DataFrame) -> pd.Series:
    return table["height"] * table["width"]

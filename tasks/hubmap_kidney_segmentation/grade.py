"""Mean Dice coefficient of three very large images."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from mlebench_inspect.graders.metrics.segmentation import mean_dice
from mlebench_inspect.graders.reading import read_table
from mlebench_inspect.graders.run_length import submitted_runs
from mlebench_inspect.graders.submission import Revision, Tables, aligned, blank_if_missing
from mlebench_inspect.tasks.hubmap_kidney_segmentation.prepare import INFORMATION

if TYPE_CHECKING:
    import pandas as pd

ID, MASK, TRUTH = "id", "predicted", "encoding"
READ_CSV = {"v1": {}, "v2": {"dtype": {ID: str, MASK: str}}}


def read_sample(path: Path, options: dict[str, Any]) -> pd.DataFrame:
    """The sample submission with the images' sizes."""
    information = read_table(path.with_name(INFORMATION))
    ids = information["image_file"].str.replace(".tiff", "", regex=False)
    sizes = information[["width_pixels", "height_pixels"]].assign(id=ids)
    return read_table(path, **options).merge(sizes, on=ID, how="left")


def checked(known: pd.DataFrame, submission: pd.DataFrame, revision: Revision) -> Tables:
    """An empty field is an empty mask; v2 refuses runs that leave the image."""
    known, submission = _paired(known, submission)
    submitted_runs(submission, MASK, _cells(known), id_columns=[ID], strict=revision == "v2")
    return known, submission


def grade(answers: pd.DataFrame, submission: pd.DataFrame, revision: Revision) -> float:
    """The metric of what `checked` accepts."""
    answers, submission = _paired(answers, submission)
    answers = answers.assign(**{MASK: blank_if_missing(answers[TRUTH])})
    return mean_dice(answers, submission, mask=MASK, cells=_cells(answers), id_columns=[ID], strict=revision == "v2")


def _paired(known: pd.DataFrame, submission: pd.DataFrame) -> Tables:
    known, submission = aligned(known, submission, ID, [MASK])
    return known, submission.assign(**{MASK: blank_if_missing(submission[MASK])})


def _cells(table: pd.DataFrame) -> pd.Series:
    return table["height_pixels"] * table["width_pixels"]

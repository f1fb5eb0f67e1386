"""Dice per slice and organ, Hausdorff distance per volume."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlebench_inspect.graders.coverage import ScoreOfRows
from mlebench_inspect.graders.metrics.segmentation import weighted_dice_hausdorff
from mlebench_inspect.graders.submission import (
    InvalidSubmission,
    Revision,
    blank_if_missing,
    refuse_where,
    require_columns,
    require_rows,
    show,
)

if TYPE_CHECKING:
    import pandas as pd

ID, CLASS, MASK = "id", "class", "predicted"
READ_CSV = {"v1": {}, "v2": {"dtype": {ID: str, CLASS: str, MASK: str}}}


def grade(answers: pd.DataFrame, submission: pd.DataFrame, revision: Revision) -> float:
    """v1 pairs rows by position and counts pixels downwards; v2 pairs by id and class and counts along rows."""
    require_columns(submission, [ID, CLASS, MASK])
    answers, submission = (t.assign(**{MASK: blank_if_missing(t[MASK])}) for t in (answers, submission))
    if revision == "v2":
        answers, submission = _paired(answers, submission)
    else:
        submission = submission.iloc[: len(answers)]
        given = submission[ID].map(lambda v: isinstance(v, str)).to_numpy(dtype=bool)
        refuse_where(submission, ~given, ID, "ids as in test.csv")
        _refuse_mixed_sizes(answers, submission)
    score = weighted_dice_hausdorff(
        answers,
        submission,
        mask=MASK,
        height="image_height",
        width="image_width",
        id_columns=[ID, CLASS],
        order="F" if revision == "v1" else "C",
        strict=revision == "v2",
    )
    return score if revision == "v2" else ScoreOfRows(score, counted=len(submission), rows=len(answers))


def _paired(answers: pd.DataFrame, submission: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Both tables in the order of id and class."""
    import pandas as pd

    require_rows(submission, len(answers))
    wanted, given = (pd.MultiIndex.from_frame(t[[ID, CLASS]]) for t in (answers, submission))
    for bad, what in ((given.duplicated(), "occurs more than once"), (~given.isin(wanted), "is not in test.csv")):
        if bad.any():
            row = int(bad.argmax())
            where = f"{ID} {show(submission[ID].iloc[row])} with {CLASS} {show(submission[CLASS].iloc[row])}"
            raise InvalidSubmission(f"{where} {what}; give each row of test.csv one row")
    return tuple(t.sort_values([ID, CLASS], ignore_index=True) for t in (answers, submission))  # type: ignore[return-value]


def _refuse_mixed_sizes(answers: pd.DataFrame, submission: pd.DataFrame) -> None:
    """Refuses rows of one volume that stand in the places of images of different size."""
    place = answers[["image_width", "image_height"]].iloc[: len(submission)].reset_index(drop=True)
    place["volume"] = [i.partition("_slice_")[0] for i in submission[ID]]
    volume = place.drop_duplicates()["volume"]
    mixed = set(volume[volume.duplicated()])
    refuse_where(
        submission,
        place["volume"].isin(mixed),
        ID,
        "the rows of test.csv in their order (the images of a case and day have one size)",
    )

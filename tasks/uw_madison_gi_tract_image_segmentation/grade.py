"""Dice per slice and organ, Hausdorff distance per volume."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from mlebench_inspect.graders.coverage import ScoreOfRows
from mlebench_inspect.graders.metrics.segmentation import weighted_dice_hausdorff
from mlebench_inspect.graders.reading import read_table
from mlebench_inspect.graders.run_length import submitted_runs
from mlebench_inspect.graders.submission import (
    InvalidSubmission,
    Revision,
    Tables,
    blank_if_missing,
    refuse_where,
    require_columns,
    require_rows,
    show,
)
from mlebench_inspect.tasks.uw_madison_gi_tract_image_segmentation.prepare import image_sizes, size_of

if TYPE_CHECKING:
    import pandas as pd

ID, CLASS, MASK = "id", "class", "predicted"
READ_CSV = {"v1": {}, "v2": {"dtype": {ID: str, CLASS: str, MASK: str}}}


def read_sample(path: Path, options: dict[str, Any]) -> pd.DataFrame:
    """The sample submission with the images' sizes, which stand in the names of their files."""
    table = read_table(path, **options)
    parts = [i.split("_") for i in table[ID]]
    folders = {(p[0], p[1]): path.parent / "test" / p[0] / f"{p[0]}_{p[1]}" for p in parts}
    sizes = image_sizes(folders)
    found = [size_of(sizes, (p[0], p[1], p[-1])) for p in parts]
    return table.assign(image_width=[s[0] for s in found], image_height=[s[1] for s in found])


def checked(known: pd.DataFrame, submission: pd.DataFrame, revision: Revision) -> Tables:
    """v1 wants the rows of the test file in their order, of which the last may be missing; v2 all in any order."""
    known, submission = _paired(known, submission, revision)
    cells = (known["image_height"] * known["image_width"]).iloc[: len(submission)]
    submitted_runs(submission, MASK, cells, id_columns=[ID, CLASS], strict=revision == "v2")
    return known, submission


def grade(answers: pd.DataFrame, submission: pd.DataFrame, revision: Revision) -> float:
    """v1 counts pixels downwards, v2 along rows."""
    answers, submission = _paired(answers, submission, revision)
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


def _paired(known: pd.DataFrame, submission: pd.DataFrame, revision: Revision) -> Tables:
    """v1 pairs rows by position, v2 by id and class."""
    require_columns(submission, [ID, CLASS, MASK])
    known, submission = (t.assign(**{MASK: blank_if_missing(t[MASK])}) for t in (known, submission))
    if revision == "v2":
        return _by_id_and_class(known, submission)
    submission = submission.iloc[: len(known)]
    given = submission[ID].map(lambda v: isinstance(v, str)).to_numpy(dtype=bool)
    refuse_where(submission, ~given, ID, "ids as in test.csv")
    _refuse_mixed_sizes(known, submission)
    return known, submission


def _by_id_and_class(known: pd.DataFrame, submission: pd.DataFrame) -> Tables:
    """Both tables in the order of id and class."""
    import pandas as pd

    require_rows(submission, len(known))
    wanted, given = (pd.MultiIndex.from_frame(t[[ID, CLASS]]) for t in (known, submission))
    for bad, what in ((given.duplicated(), "occurs more than once"), (~given.isin(wanted), "is not in test.csv")):
        if bad.any():
            row = int(bad.argmax())
            where = f"{ID} {show(submission[ID].iloc[row])} with {CLASS} {show(submission[CLASS].iloc[row])}"
            raise InvalidSubmission(f"{where} {what}; give each row of test.csv one row")
    return tuple(t.sort_values([ID, CLASS], ignore_index=True) for t in (known, submission))  # type: ignore[return-value]


def _refuse_mixed_sizes(known: pd.DataFrame, submission: pd.DataFrame) -> None:
    """Refuses rows of one volume that stand in the places of images of different size."""
    place = known[["image_width", "image_height"]].iloc[: len(submission)].reset_index(drop=True)
    place["volume"] = [i.partition("_slice_")[0] for i in submission[ID]]
    volume = place.drop_duplicates()["volume"]
    mixed = set(volume[volume.duplicated()])
    refuse_where(
        submission,
        place["volume"].isin(mixed),
        ID,
        "the rows of test.csv in their order (the images of a case and day have one size)",
    )

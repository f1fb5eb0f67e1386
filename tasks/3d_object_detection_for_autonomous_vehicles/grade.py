"""Average precision of upright 3D boxes over thresholds of intersection over union."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from mlebench_inspect.graders.detections import Groups, parse, refuse_groups, submitted_groups
from mlebench_inspect.graders.metrics.detection import base_corners, mean_average_precision_3d_iou
from mlebench_inspect.graders.submission import Revision, Tables, aligned, blank_if_missing, doubt

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

ID, FIELD = "Id", "PredictionString"
BOX = ["x", "y", "z", "width", "length", "height", "yaw"]
READ_CSV = {"v1": {}, "v2": {"dtype": {FIELD: str}}}


def checked(known: pd.DataFrame, submission: pd.DataFrame, revision: Revision) -> Tables:
    """v2 refuses any faulty box; v1 those of classes that the sample holds, which the check does not know."""
    known, submission = _paired(known, submission)
    given = _boxes(submission)
    if revision == "v2":
        _refuse(submission, given, _faulty(given, revision))
    return known, submission


def notice(known: pd.DataFrame, submission: pd.DataFrame, revision: Revision) -> str | None:
    """Faulty boxes."""
    if revision == "v2":
        return None
    _, submission = _paired(known, submission)
    given = _boxes(submission)
    return doubt(_refuse, submission, given, _faulty(given, revision))


def grade(answers: pd.DataFrame, submission: pd.DataFrame, revision: Revision) -> float:
    """v1 looks only at boxes of classes that the sample holds, faulty boxes too."""
    import numpy as np

    answers, submission = _paired(answers, submission)
    truth = parse(answers[FIELD].tolist(), 9, separator=" ", label_at=8)
    given = _boxes(submission, truth.classes)
    bad = _faulty(given, revision)
    if revision == "v1":
        if len(np.unique(truth.row)) < len(answers):
            raise ValueError("a sample of the answers holds no boxes")
        labels = len(truth.classes)
        held = np.unique(truth.row * labels + truth.label)
        bad &= (given.label >= 0) & np.isin(given.row * labels + given.label, held)
    _refuse(submission, given, bad)
    return mean_average_precision_3d_iou(
        _table(truth), _table(given), image="row", label="label", score="score", box=BOX, images=len(answers)
    )


def _paired(known: pd.DataFrame, submission: pd.DataFrame) -> Tables:
    known, submission = aligned(known, submission, ID, [FIELD])
    return (
        known.assign(**{FIELD: blank_if_missing(known[FIELD])}),
        submission.assign(**{FIELD: blank_if_missing(submission[FIELD])}),
    )


def _boxes(submission: pd.DataFrame, classes: Sequence[str] | None = None) -> Groups:
    return submitted_groups(submission, FIELD, 9, id_column=ID, separator=" ", label_at=8, classes=classes)


def _faulty(given: Groups, revision: Revision) -> NDArray[np.bool_]:
    import numpy as np

    bad = ~_measurable(given.numbers[:, 1:])
    return bad if revision == "v1" else bad | ~np.isfinite(given.numbers).all(axis=1)


def _refuse(submission: pd.DataFrame, given: Groups, bad: NDArray[np.bool_]) -> None:
    must = "must have a position and yaw that are finite and not huge, and sizes above 0"
    refuse_groups(submission, given, bad, FIELD, ID, must)


def _measurable(boxes: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Which boxes have no missing values, positive sizes, and corners that are still right angles after rounding."""
    import numpy as np

    with np.errstate(all="ignore"):
        corners = base_corners(boxes)
        after, before = np.roll(corners, -1, axis=1) - corners, np.roll(corners, 1, axis=1) - corners
        square = (np.abs((after * before).sum(axis=2)) <= 1e-8).all(axis=1)
        fit: NDArray[np.bool_] = square & ~np.isnan(boxes).any(axis=1) & (boxes[:, 3:6] > 0).all(axis=1)
    return fit


def _table(groups: Groups) -> pd.DataFrame:
    import pandas as pd

    table = pd.DataFrame(groups.numbers, columns=["score", *BOX])
    return table.assign(row=groups.row, label=groups.label)

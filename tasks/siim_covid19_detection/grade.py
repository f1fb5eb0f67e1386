"""Mean average precision of study classes and image boxes in one file."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from mlebench_inspect.graders.detections import Groups, parse, refuse_groups, submitted_groups
from mlebench_inspect.graders.metrics.detection import mean_average_precision_iou50
from mlebench_inspect.graders.submission import Revision, Tables, aligned, doubt

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import ArrayLike

ID, FIELD = "id", "PredictionString"
STUDY_CLASSES = ["negative", "typical", "indeterminate", "atypical"]
BOX = ["x_min", "y_min", "x_max", "y_max"]
READ_CSV = {"v1": {}, "v2": {"dtype": {FIELD: str}}}


def checked(known: pd.DataFrame, submission: pd.DataFrame, revision: Revision) -> Tables:
    """v2 refuses what is not finite; v1 a confidence of the classes in the answers, which the check does not know."""
    import numpy as np

    known, submission = aligned(known, submission, ID, [FIELD])
    given = _groups(submission)
    if revision == "v2":
        _refuse(submission, given, ~np.isfinite(given.numbers).all(axis=1))
    return known, submission


def notice(known: pd.DataFrame, submission: pd.DataFrame, revision: Revision) -> str | None:
    """Confidences that are not finite."""
    import numpy as np

    if revision == "v2":
        return None
    given = _groups(submission)
    return doubt(_refuse, submission, given, ~np.isfinite(given.numbers[:, 0]))


def grade(answers: pd.DataFrame, submission: pd.DataFrame, revision: Revision) -> float:
    """Rows without a class lower its precision in v1; in v2 classes are looked for in their own kind of rows only."""
    import numpy as np

    answers, submission = aligned(answers, submission, ID, [FIELD])
    truth = parse(answers[FIELD].tolist(), 6, label_at=0)
    given = _groups(submission, truth.classes)
    if revision == "v1":  # other classes are ignored, whatever they hold
        _refuse(submission, given, ~np.isfinite(given.numbers[:, 0]) & (given.label >= 0))
    else:
        _refuse(submission, given, ~np.isfinite(given.numbers).all(axis=1))
    found = _table(given)
    if revision == "v2":
        of_study = np.isin(given.label, [k for k, c in enumerate(truth.classes) if c in STUDY_CLASSES])
        in_study = submission[ID].astype(str).str.endswith("_study").to_numpy()[given.row]
        found = found[of_study == in_study]
    return mean_average_precision_iou50(
        _table(truth),
        found,
        image="row",
        label="label",
        score="score",
        box=BOX,
        images=len(answers),
        padded=revision == "v1",
    )


def _groups(submission: pd.DataFrame, classes: Sequence[str] | None = None) -> Groups:
    return submitted_groups(submission, FIELD, 6, id_column=ID, label_at=0, classes=classes)


def _refuse(submission: pd.DataFrame, given: Groups, bad: ArrayLike) -> None:
    import numpy as np

    refuse_groups(submission, given, np.asarray(bad, dtype=bool), FIELD, ID, "must have a finite confidence and box")


def _table(groups: Groups) -> pd.DataFrame:
    import pandas as pd

    table = pd.DataFrame(groups.numbers, columns=["score", *BOX])
    return table.assign(row=groups.row, label=groups.label)

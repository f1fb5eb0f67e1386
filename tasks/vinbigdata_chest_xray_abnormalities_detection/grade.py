"""COCO's mean average precision at an overlap of 0.4."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlebench_inspect.graders.detections import Groups, refuse_groups, submitted_groups
from mlebench_inspect.graders.metrics.detection import coco_map_iou40
from mlebench_inspect.graders.submission import Revision, Tables, require_columns, require_ids

if TYPE_CHECKING:
    import pandas as pd

ID, FIELD = "image_id", "PredictionString"
CORNERS = ["x_min", "y_min", "x_max", "y_max"]
READ_CSV = {"v1": {}, "v2": {"dtype": {FIELD: str}}}


def checked(known: pd.DataFrame, submission: pd.DataFrame, revision: Revision) -> Tables:
    """A class, a score and four numbers for each object; in v2 all must be finite, in v1 the class."""
    _objects(known, submission, revision)
    return known, submission


def grade(answers: pd.DataFrame, submission: pd.DataFrame, revision: Revision) -> float:
    """v1 takes the corner (x_max, y_max) for width and height and numbers objects from 0; v2 does neither."""
    import numpy as np
    import pandas as pd

    given = _objects(answers, submission, revision)
    table = pd.DataFrame(given.numbers, columns=["class", "score", *CORNERS])
    table[ID] = submission[ID].to_numpy()[given.row]
    table["class_id"] = np.trunc(table["class"]).clip(-1, 10**6).astype(int)
    return coco_map_iou40(
        _with_boxes(answers, revision),
        _with_boxes(table, revision),
        image=ID,
        label="class_id",
        score="score",
        box=["x_min", "y_min", "width", "height"],
        area="area",
        first_id=0 if revision == "v1" else 1,
    )


def _objects(known: pd.DataFrame, submission: pd.DataFrame, revision: Revision) -> Groups:
    import numpy as np

    require_columns(submission, [ID, FIELD])
    rows = submission.drop_duplicates(ID) if revision == "v1" else submission  # rows of one image are joined in v1
    require_ids(rows, known.drop_duplicates(ID), ID)
    given = submitted_groups(submission, FIELD, 6, id_column=ID, separator=" ", blank=False)
    must_be_finite = given.numbers if revision == "v2" else given.numbers[:, :1]
    refuse_groups(
        submission,
        given,
        np.asarray(~np.isfinite(must_be_finite).all(axis=1)),
        FIELD,
        ID,
        f"must hold finite numbers{'' if revision == 'v2' else ' (here: the class)'}",
    )
    return given


def _with_boxes(table: pd.DataFrame, revision: Revision) -> pd.DataFrame:
    width, height = table["x_max"] - table["x_min"], table["y_max"] - table["y_min"]
    table = table.assign(width=width, height=height, area=width * height)
    return table if revision == "v2" else table.assign(width=table["x_max"], height=table["y_max"])

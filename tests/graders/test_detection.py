"""Detection metrics against pycocotools and against plain loops."""

from __future__ import annotations

import contextlib
import io

import numpy as np
import pandas as pd
import pytest

from mlebench_inspect.graders.metrics.detection import box_ious, coco_map_iou40, greedy_matches

BOX = ["x", "y", "w", "h"]


def scene(seed: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """True boxes and detections with ties, strange boxes and unknown labels."""
    rng = np.random.default_rng(seed)
    boxes = rng.integers(0, 40, (30, 4)) + np.array([0, 0, 1, 1])
    truth = pd.DataFrame(boxes, columns=BOX).assign(image=np.sort(rng.integers(0, 6, 30)), label=rng.integers(0, 3, 30))
    near = truth.sample(400, replace=True, random_state=seed, ignore_index=True)
    given = near.assign(score=rng.integers(0, 10, 400) / 10)
    given[BOX] += rng.integers(-6, 7, (400, 4))
    given.loc[rng.random(400) < 0.2, "label"] = 7
    for table in (truth, given):
        table["area"] = (table["w"] - table["x"]) * (table["h"] - table["y"])
    truth["area"] = truth["area"].abs()
    given.loc[5, "area"] = 2e10
    given.loc[6, "score"] = np.nan
    return truth, given


def by_pycocotools(truth: pd.DataFrame, given: pd.DataFrame, first_id: int) -> float:
    from pycocotools.coco import COCO
    from pycocotools.cocoeval import COCOeval

    images = truth["image"].unique().tolist()
    sides = []
    for table in (truth, given):
        side = COCO()
        side.dataset = {
            "images": [{"id": i} for i in images],
            "categories": [{"id": int(c)} for c in np.unique(truth["label"])],
            "annotations": [
                {"id": k + first_id, "image_id": int(r.image), "category_id": int(r.label), "iscrowd": 0, "ignore": 0}
                | {"bbox": [float(r[c]) for c in BOX], "area": float(r.area), "score": float(r.get("score", 1))}
                for k, (_, r) in enumerate(table.iterrows())
            ],
        }
        with contextlib.redirect_stdout(io.StringIO()):
            side.createIndex()
        sides.append(side)
    with contextlib.redirect_stdout(io.StringIO()):
        found = COCOeval(*sides, "bbox")
        found.params.iouThrs = np.array([0.4])
        found.params.imgIds = images
        found.params.catIds = sorted(np.unique(truth["label"]).tolist())
        found.evaluate()
        found.accumulate()
        found.summarize()
    return float(found.stats[0])


@pytest.mark.parametrize("first_id", [0, 1])
@pytest.mark.parametrize("seed", range(8))
def test_coco_map_is_that_of_pycocotools(seed: int, first_id: int) -> None:
    truth, given = scene(seed)
    own = coco_map_iou40(
        truth, given, image="image", label="label", score="score", box=BOX, area="area", first_id=first_id
    )
    assert own == pytest.approx(by_pycocotools(truth, given, first_id), abs=1e-12)


@pytest.mark.parametrize("seed", range(20))
def test_greedy_matches(seed: int) -> None:
    rng = np.random.default_rng(seed)
    corners = [np.hstack([c, c + rng.integers(1, 6, c.shape)]) for c in (rng.integers(0, 5, (n, 2)) for n in (30, 4))]
    iou = box_ious(*corners)
    free = set(range(4))
    hits = []
    for row in iou:
        best = max(free, key=lambda k: (row[k], -k), default=None)
        hits.append(best is not None and bool(row[best] > 0.5))
        if hits[-1]:
            free.remove(best)
    own, found = greedy_matches(iou, 0.5)
    assert own.tolist() == hits
    assert set(np.flatnonzero(~found)) == free

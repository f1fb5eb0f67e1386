"""Detection metrics against pycocotools and against plain loops."""

from __future__ import annotations

import contextlib
import io

import numpy as np
import pandas as pd
import pytest
from shapely.geometry import Polygon

from mlebench_inspect.graders.metrics.detection import (
    box_ious,
    coco_map_iou40,
    greedy_matches,
    mean_average_precision_3d_iou,
)

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
        if best is not None and hits[-1]:
            free.remove(best)
    own, found = greedy_matches(iou, 0.5)
    assert own.tolist() == hits
    assert set(np.flatnonzero(~found)) == free


UPRIGHT = ["x", "y", "z", "width", "length", "height", "yaw"]


def upright_iou(a: np.ndarray, b: np.ndarray) -> float:
    """Intersection over union of two boxes, by one polygon each."""
    bases = []
    for x, y, _, width, length, _, yaw in (a, b):
        along, aside = (
            np.array([np.cos(yaw), np.sin(yaw)]) * length / 2,
            np.array([np.sin(yaw), -np.cos(yaw)]) * width / 2,
        )
        bases.append(Polygon([(x, y) + i * along + j * aside for i, j in ((1, 1), (1, -1), (-1, -1), (-1, 1))]))
    height = min(a[2] + a[5] / 2, b[2] + b[5] / 2) - max(a[2] - a[5] / 2, b[2] - b[5] / 2)
    shared = max(0.0, height) * bases[0].intersection(bases[1]).area
    return shared / (a[3:6].prod() + b[3:6].prod() - shared)


def upright_precision(truth: np.ndarray, given: np.ndarray, threshold: float) -> float:
    """Average precision of one sample and class, predictions in order of confidence."""
    free, hits = set(range(len(truth))), []
    for box in given:
        ious = [upright_iou(box, t) for t in truth]
        best = int(np.argmax(ious))
        hits.append(ious[best] > threshold and best in free)
        if hits[-1]:
            free.remove(best)
    precision = np.cumsum(hits) / np.arange(1, len(hits) + 1)
    return sum(precision[k:].max() for k, hit in enumerate(hits) if hit) / len(truth)


@pytest.mark.parametrize("seed", range(4))
def test_3d_average_precision(seed: int) -> None:
    rng = np.random.default_rng(seed)
    keys = [
        (i, c) for i in range(4) for c in range(3) if c == 0 or rng.random() < 0.6 for _ in range(rng.integers(1, 5))
    ]
    truth = pd.DataFrame(keys, columns=["image", "label"]).assign(score=1.0)
    truth[UPRIGHT] = rng.uniform([0, 0, 0, 1, 1, 1, -3], [8, 8, 8, 4, 4, 4, 3], (len(keys), 7))
    given = truth.sample(80, replace=True, random_state=seed, ignore_index=True)
    given[UPRIGHT] += rng.normal(0, 0.12, (80, 7))
    given["score"] = rng.integers(0, 10, 80) / 10
    given.loc[rng.random(80) < 0.2, "label"] = rng.choice([-1, 2])
    values = []
    for image, objects in truth.groupby("image"):
        for threshold in (0.5, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95):
            of_image = given[given["image"] == image].sort_values("score", ascending=False, kind="stable")
            parts = [(t[UPRIGHT], of_image.loc[of_image["label"] == c, UPRIGHT]) for c, t in objects.groupby("label")]
            values.append(np.mean([upright_precision(t.to_numpy(), p.to_numpy(), threshold) for t, p in parts]))
    own = mean_average_precision_3d_iou(
        truth, given, image="image", label="label", score="score", box=UPRIGHT, images=4
    )
    assert own == pytest.approx(float(np.mean(values)), abs=1e-12)

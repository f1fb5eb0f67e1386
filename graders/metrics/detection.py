"""Objects found in images: average precision under several rules of matching.

Tables are in long form, one row per object: `image` (a number or name), `label`, the box, and for predictions `score`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from mlebench_inspect.graders.metrics import register

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

    Bools = NDArray[np.bool_]
    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]

COCO_DETECTIONS = 100  # per image and class
COCO_AREAS = (0.0, 1e10)  # unmatched detections outside do not count


def box_ious(boxes: Floats, others: Floats) -> Floats:
    """Intersection over union of corner boxes (x_min, y_min, x_max, y_max): shapes (n, 4), (m, 4) -> (n, m).

    0 where the union has no area.
    """
    import numpy as np

    with np.errstate(invalid="ignore", over="ignore"):
        first, second = boxes[:, None], others[None]
        sides = np.minimum(first[..., 2:], second[..., 2:]) - np.maximum(first[..., :2], second[..., :2])
        shared = sides.clip(0).prod(axis=2)
        areas = [(b[:, 2] - b[:, 0]) * (b[:, 3] - b[:, 1]) for b in (boxes, others)]
        union = areas[0][:, None] + areas[1][None, :] - shared
        return np.where(union > 0, shared / np.where(union > 0, union, 1), 0.0)


def greedy_matches(iou: Floats, threshold: float) -> tuple[Bools, Bools]:
    """Which predictions find a true box, taken in order.

    Each prediction takes the free true box with the largest intersection over union (the first of equals), if that
    exceeds the threshold.

    Args:
        iou: Predictions in order of confidence against true boxes, shape (p, t).
        threshold: Must be exceeded.

    Returns:
        Flags for the predictions that hit, shape (p,), and for the true boxes that were found, shape (t,).
    """
    import numpy as np

    hits, found, begin = np.zeros(len(iou), dtype=bool), np.zeros(iou.shape[1], dtype=bool), 0
    while not found.all() and begin < len(iou):  # one turn per true box
        over = (iou[begin:][:, ~found] > threshold).any(axis=1)
        if not over.any():
            break
        row = begin + int(over.argmax())
        hits[row] = True
        found[int(np.where(found, -1.0, iou[row]).argmax())] = True
        begin = row + 1
    return hits, found


def _pairs(truth: Ints, given: Ints) -> Iterator[tuple[slice, slice]]:
    """For each key that both ascending arrays hold: its slices in them."""
    import numpy as np

    keys, first = np.unique(truth, return_index=True)
    last = np.append(first[1:], len(truth))
    begin, end = np.searchsorted(given, keys, side="left"), np.searchsorted(given, keys, side="right")
    for k in np.flatnonzero(end > begin):
        yield slice(first[k], last[k]), slice(begin[k], end[k])


def precision_envelope(hits: Bools, count: int) -> tuple[Floats, Floats]:
    """Recall and precision after each prediction, each precision raised to the largest one at equal or higher recall.

    Args:
        hits: Whether each prediction is a true positive, in order of confidence, shape (..., n).
        count: Number of true objects.
    """
    import numpy as np

    found = np.cumsum(hits, axis=-1)
    precision = found / np.arange(1, hits.shape[-1] + 1)
    return found / count, np.maximum.accumulate(precision[..., ::-1], axis=-1)[..., ::-1]


def area_under_envelope(hits: Bools, count: int) -> Floats:
    """Average precision as in PASCAL VOC 2010: the area under the precision envelope. Shape (..., n) -> (...)."""
    import numpy as np

    recall, precision = precision_envelope(hits, count)
    area: Floats = (np.diff(recall, axis=-1, prepend=0.0) * precision).sum(axis=-1)
    return area


@register("mean_average_precision_iou50")
def mean_average_precision_iou50(
    answers: pd.DataFrame,
    submission: pd.DataFrame,
    *,
    image: str,
    label: str,
    score: str,
    box: Sequence[str],
    images: int,
    padded: bool = False,
) -> float:
    """Mean over the true labels of the average precision, a hit being an intersection over union above 0.5.

    Predictions of an image are matched in order of descending score (see `greedy_matches`).

    Args:
        answers: True boxes.
        submission: Predicted boxes with finite scores.
        image: Column with the image's position, 0 to images - 1.
        label: Column with the class.
        score: Column with the confidence.
        box: Columns x_min, y_min, x_max, y_max.
        images: Number of images.
        padded: False: area under the precision envelope (PASCAL VOC 2010). True: scikit-learn's
            `average_precision_score`, where boxes that were not found, and images that neither hold nor predict the
            label, enter with score 0.
    """
    import numpy as np
    from sklearn.metrics import average_precision_score

    values = []
    for name in sorted(answers[label].unique()):
        truth = answers[answers[label] == name].sort_values(image, kind="stable")
        given = submission[submission[label] == name].sort_values(score, ascending=False, kind="stable")
        given = given.sort_values(image, kind="stable")
        corners = [t[list(box)].to_numpy(dtype=float) for t in (truth, given)]
        places = [t[image].to_numpy() for t in (truth, given)]
        scores = given[score].to_numpy(dtype=float)
        hits, found = np.zeros(len(given), dtype=bool), np.zeros(len(truth), dtype=bool)
        for of_truth, of_given in _pairs(*places):
            hits[of_given], found[of_truth] = greedy_matches(box_ious(corners[1][of_given], corners[0][of_truth]), 0.5)
        if padded:
            idle = images - len(np.union1d(*places))
            flags = np.concatenate([hits, np.ones(int((~found).sum()), dtype=bool), np.zeros(idle, dtype=bool)])
            values.append(average_precision_score(flags, np.pad(scores, (0, len(flags) - len(scores)))))
        else:
            order = np.argsort(-scores, kind="stable")
            values.append(area_under_envelope(hits[order], len(truth)))
    return float(np.mean(values))


@register("coco_map_iou40")
def coco_map_iou40(
    answers: pd.DataFrame,
    submission: pd.DataFrame,
    *,
    image: str,
    label: str,
    score: str,
    box: Sequence[str],
    area: str,
    first_id: int = 1,
) -> float:
    """COCO's average precision at an intersection over union of 0.4 or more, mean over the true labels.

    The same number as pycocotools' `COCOeval(..., "bbox")` with `iouThrs = [0.4]`, area range "all": per image and
    label the 100 best detections, precision envelope sampled at 101 recall levels. Objects have ids in the order of
    their tables; COCO's code takes id 0 for "no match".

    Args:
        answers: True boxes; images count in the order of their first appearance here.
        submission: Detections, in the order of their ids; NaN scores rank last.
        image: Column with the image.
        label: Column with the class.
        score: Column with the confidence.
        box: Columns x, y, width, height.
        area: Column with the area by which detections without a match are left out (negative or above 1e10).
        first_id: Id of the first row of both tables.

    Returns:
        A value in [0, 1]; NaN when there are no true boxes.
    """
    import numpy as np
    import pandas as pd

    images, labels = pd.Index(answers[image].unique()), pd.Index(np.sort(answers[label].unique()))
    truth_key = images.get_indexer(answers[image]) + len(images) * labels.get_indexer(answers[label])
    truth_order = np.argsort(truth_key, kind="stable")
    truth_key = truth_key[truth_order]
    truth_boxes = answers[list(box)].to_numpy(dtype=float)[truth_order]

    place, kind = images.get_indexer(submission[image]), labels.get_indexer(submission[label])
    scores = submission[score].to_numpy(dtype=float)
    order = np.lexsort((-scores, place, kind))
    order = order[(place[order] >= 0) & (kind[order] >= 0)]
    key = place[order] + len(images) * kind[order]
    rank = np.arange(len(key)) - np.searchsorted(key, key, side="left")
    order, key = order[rank < COCO_DETECTIONS], key[rank < COCO_DETECTIONS]
    boxes = submission[list(box)].to_numpy(dtype=float)[order]

    hits = np.zeros(len(order), dtype=bool)
    for of_truth, of_given in _pairs(truth_key, key):
        iou = _coco_ious(boxes[of_given], truth_boxes[of_truth]).tolist()
        truth_ids, ids = (truth_order[of_truth] + first_id).tolist(), (order[of_given] + first_id).tolist()
        hits[of_given] = _coco_matches(iou, truth_ids, ids, 0.4)
    sizes = submission[area].to_numpy(dtype=float)[order]
    counted = hits | ~((sizes < COCO_AREAS[0]) | (sizes > COCO_AREAS[1]))

    recalls = np.linspace(0, 1, 101)
    sampled = np.zeros((len(labels), len(recalls)))
    for k in range(len(labels)):
        of_label = np.flatnonzero((kind[order] == k) & counted)
        of_label = of_label[np.argsort(-scores[order][of_label], kind="stable")]
        recall, precision = precision_envelope(hits[of_label], int((truth_key // len(images) == k).sum()))
        at = np.searchsorted(recall, recalls, side="left")
        sampled[k, at < len(recall)] = precision[at[at < len(recall)]]
    return float(sampled.mean()) if len(labels) else float("nan")


def _coco_ious(boxes: Floats, others: Floats) -> Floats:
    """As pycocotools: boxes (x, y, width, height); 0 where a side of the intersection is not positive."""
    import numpy as np

    with np.errstate(all="ignore"):
        first, second = boxes[:, None], others[None]
        sides = np.fmin(first[..., :2] + first[..., 2:], second[..., :2] + second[..., 2:])
        sides -= np.fmax(first[..., :2], second[..., :2])
        shared = sides.prod(axis=2)
        iou = shared / (first[..., 2:].prod(axis=2) + second[..., 2:].prod(axis=2) - shared)
        return np.where((sides <= 0).any(axis=2), 0.0, iou)


def _coco_matches(iou: list[list[float]], truth_ids: list[int], ids: list[int], threshold: float) -> list[bool]:
    """COCO's greedy matching of one image and class: the last of equal boxes wins, and id 0 means "no match"."""
    taken_by = [0] * len(truth_ids)
    hits = []
    for values, own in zip(iou, ids, strict=True):
        best, match = threshold, -1
        for k, value in enumerate(values):
            if taken_by[k] > 0 or value < best:
                continue
            best, match = value, k
        if match >= 0:
            taken_by[match] = own
        hits.append(match >= 0 and truth_ids[match] > 0)
    return hits


IOU_THRESHOLDS = (0.5, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95)
_PAIRS_AT_ONCE = 1 << 20


@register("mean_average_precision_3d_iou")
def mean_average_precision_3d_iou(
    answers: pd.DataFrame,
    submission: pd.DataFrame,
    *,
    image: str,
    label: str,
    score: str,
    box: Sequence[str],
    images: int,
) -> float:
    """Mean over images, IoU thresholds 0.5 to 0.95 and the image's true labels of the average precision.

    Boxes stand upright. A prediction belongs to the true box of its image and label with the largest intersection over
    union; it is a hit if that exceeds the threshold and no prediction with more confidence hit the same box. Labels
    that an image does not hold are ignored. Average precision is the area under the precision envelope.

    Args:
        answers: True boxes.
        submission: Predicted boxes; equal scores rank in the order of the table, NaN last.
        image: Column with the image's position, 0 to images - 1.
        label: Column with the class, a number from 0.
        score: Column with the confidence.
        box: Columns x, y, z (centre), width, length, height, yaw (radians, about z; the length runs along it).
        images: Number of images; one without true boxes counts 0.
    """
    import numpy as np

    labels = 1 + int(max(answers[label].max(), submission[label].max() if len(submission) else 0))
    truth = answers.assign(key=answers[image] * labels + answers[label]).sort_values("key", kind="stable")
    key = (submission[image] * labels + submission[label]).to_numpy()
    wanted, first, count = np.unique(truth["key"].to_numpy(), return_index=True, return_counts=True)
    order = np.lexsort((-submission[score].to_numpy(dtype=float), key))
    order = order[np.isin(key[order], wanted) & (submission[label].to_numpy()[order] >= 0)]
    key = key[order]
    group = np.searchsorted(wanted, key)
    best, overlap = _best_upright(
        submission[list(box)].to_numpy(dtype=float)[order],
        truth[list(box)].to_numpy(dtype=float),
        first[group],
        count[group],
    )
    hits = np.zeros((len(IOU_THRESHOLDS), len(order)), dtype=bool)
    for k, threshold in enumerate(IOU_THRESHOLDS):
        over = np.flatnonzero(overlap > threshold)
        hits[k, over[np.unique(best[over], return_index=True)[1]]] = True

    begin, end = np.searchsorted(key, wanted, side="left"), np.searchsorted(key, wanted, side="right")
    precision = np.zeros(len(wanted))
    for k in np.flatnonzero(end > begin).tolist():
        precision[k] = area_under_envelope(hits[:, begin[k] : end[k]], int(count[k])).mean()
    held = wanted // labels
    return float((np.bincount(held, precision) / np.maximum(np.bincount(held), 1)).sum() / images)


def _best_upright(boxes: Floats, truth: Floats, first: Ints, count: Ints) -> tuple[Ints, Floats]:
    """For each box the true box with the largest IoU among truth[first : first + count], if that is above 0.5.

    Pairs that cannot reach 0.5, by their heights and areas or their distance, are not intersected.

    Returns:
        Position of the true box (the first of equals; -1 for none) and the IoU (0 for none), each of shape (n,).
    """
    import numpy as np

    best, overlap = np.full(len(boxes), -1), np.zeros(len(boxes))
    upto = np.cumsum(count)
    begin = 0
    while begin < len(boxes):
        end = max(begin + 1, int(np.searchsorted(upto, (upto[begin - 1] if begin else 0) + _PAIRS_AT_ONCE, "right")))
        number = count[begin:end]
        given = np.repeat(np.arange(begin, end), number)
        true = (
            np.arange(len(given)) - np.repeat(np.cumsum(number) - number, number) + np.repeat(first[begin:end], number)
        )
        iou = _upright_ious(boxes[given], truth[true])
        ranked = np.lexsort((true, -iou, given))
        ranked = ranked[np.r_[True, np.diff(given[ranked]) > 0]]
        ranked = ranked[iou[ranked] > IOU_THRESHOLDS[0]]
        best[given[ranked]], overlap[given[ranked]] = true[ranked], iou[ranked]
        begin = end
    return best, overlap


def _upright_ious(boxes: Floats, others: Floats) -> Floats:
    """Intersection over union of upright boxes, pair by pair; 0 where it cannot be above 0.5."""
    import numpy as np
    import shapely

    with np.errstate(all="ignore"):
        low = np.maximum(boxes[:, 2] - boxes[:, 5] / 2, others[:, 2] - others[:, 5] / 2)
        high = np.minimum(boxes[:, 2] + boxes[:, 5] / 2, others[:, 2] + others[:, 5] / 2)
        tall = np.maximum(high - low, 0)
        bases = [b[:, 3] * b[:, 4] for b in (boxes, others)]
        volumes = bases[0] * boxes[:, 5] + bases[1] * others[:, 5]
        most = np.minimum(*bases) * tall
        reach = (np.hypot(boxes[:, 3], boxes[:, 4]) + np.hypot(others[:, 3], others[:, 4])) / 2
        near = np.hypot(*(boxes[:, :2] - others[:, :2]).T) <= reach
        likely = np.flatnonzero(near & (3 * most > (1 - 1e-9) * volumes))  # IoU > 1/2 needs 3 I > V1 + V2
    iou = np.zeros(len(boxes))
    if len(likely):
        shapes = [shapely.polygons(base_corners(b[likely])) for b in (boxes, others)]
        shared = shapely.area(shapely.intersection(*shapes)) * tall[likely]
        iou[likely] = np.clip(shared / (volumes[likely] - shared), 0, 1)
    return iou


def base_corners(boxes: Floats) -> Floats:
    """Corners of the base rectangles of boxes (x, y, z, width, length, height, yaw), in turn: (n, 7) -> (n, 4, 2)."""
    import numpy as np

    heading = np.column_stack([np.cos(boxes[:, 6]), np.sin(boxes[:, 6])])
    along = boxes[:, 4:5] / 2 * heading
    aside = boxes[:, 3:4] / 2 * heading[:, ::-1] * [1, -1]
    sides = [along + aside, along - aside, -along - aside, -along + aside]
    return np.stack([boxes[:, :2] + s for s in sides], axis=1)

"""Random split of the studies, with fixed shares of those that have boxes or segmentations."""

from __future__ import annotations

import os
import random
from collections.abc import Iterator
from pathlib import Path

from mlebench_inspect.graders.submission import Revision
from mlebench_inspect.tasks.preparing import DataError, drawn, place_files, place_named, read_csv, visible, write_csv

ID = "StudyInstanceUID"
TRAIN_SHARE = {"v1": 0.1, "v2": 0.9}  # v1 has the shares of train and test swapped


def prepare(raw: Path, public: Path, private: Path, revision: Revision) -> None:
    """v2 trains on the larger part and publishes the annotations of all training studies."""
    table = read_csv(raw / "train.csv")
    boxes = read_csv(raw / "train_bounding_boxes.csv")
    masks = sorted(n.removesuffix(".nii") for n in visible(os.listdir(raw / "segmentations"), ".nii"))
    boxed = sorted(boxes[ID].unique())
    if strange := (set(masks) | set(boxed)) - set(table[ID]):
        raise DataError(f"annotations of studies that train.csv lacks: {', '.join(sorted(strange)[:5])}")
    train, shown_boxes, shown_masks = _draw(table[ID].tolist(), boxed, masks, TRAIN_SHARE[revision])
    if revision == "v2":
        shown_boxes, shown_masks = train & set(boxed), train & set(masks)

    in_train = table[ID].isin(train)
    write_csv(table[in_train], public / "train.csv")
    write_csv(boxes[boxes[ID].isin(shown_boxes)], public / "train_bounding_boxes.csv")
    answers = table[~in_train].melt(id_vars=ID, var_name="prediction_type", value_name="fractured")
    answers["row_id"] = answers[ID] + "_" + answers["prediction_type"]
    write_csv(answers, private / "answers.csv")
    write_csv(answers[["row_id"]].assign(fractured=0.5), public / "sample_submission.csv")
    write_csv(answers[[ID, "prediction_type", "row_id"]], public / "test.csv")

    place_named([f"{i}.nii" for i in masks if i in shown_masks], raw / "segmentations", public / "segmentations")

    def slices() -> Iterator[tuple[Path, Path]]:
        for study, known in zip(table[ID], in_train, strict=True):
            target = public / ("train_images" if known else "test_images") / study
            target.mkdir(parents=True)
            folder = raw / "train_images" / study
            yield from ((f, target / f.relative_to(folder)) for f in sorted(folder.rglob("*")) if f.is_file())
            if not any(target.iterdir()):
                raise DataError(f"train_images/ holds no slices of study {study}")

    place_files(slices())


def _draw(studies: list[str], boxed: list[str], masks: list[str], share: float) -> tuple[set[str], set[str], set[str]]:
    """Ids of the training studies, and of those whose boxes and whose segmentations were drawn."""
    draw = drawn()
    if draw is not None:
        share = 1 - draw.share
    has_box, has_mask = set(boxed), set(masks)
    both = [i for i in boxed if i in has_mask]
    in_both = set(both)
    total, of_boxes, of_masks, of_both = (round(len(n) * share) for n in (studies, boxed, masks, both))
    if not (of_both <= min(of_boxes, of_masks) and of_boxes + of_masks - of_both <= total):
        raise DataError("too few studies for the shares of boxes and segmentations")
    rng = random.Random(0 if draw is None else draw.seed)
    new_both = rng.sample(both, of_both)
    new_masks = rng.sample([i for i in masks if i not in in_both], of_masks - of_both)
    new_boxes = rng.sample([i for i in boxed if i not in in_both], of_boxes - of_both)
    train = {*new_both, *new_masks, *new_boxes}
    train |= set(rng.sample([i for i in studies if i not in train], total - len(train)))
    if len(train) != total or not has_box | has_mask <= set(studies):
        raise DataError("the draws do not add up; an id occurs more than once in train.csv")
    return train, {*new_both, *new_boxes}, {*new_both, *new_masks}

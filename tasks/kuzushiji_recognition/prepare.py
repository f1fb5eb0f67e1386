"""Random 90/10 split of the pages."""

from __future__ import annotations

import re
from pathlib import Path

from mlebench_inspect.graders.submission import Revision
from mlebench_inspect.tasks.preparing import (
    DataError,
    place,
    read_csv,
    require_unique,
    rezip,
    train_test_split,
    write_answers_and_sample,
    write_csv,
)

_BOXES = re.compile(r"(\S+) (-?\d+) (-?\d+) \S+ \S+")


def prepare(raw: Path, public: Path, private: Path, revision: Revision) -> None:
    """`train.csv` and its pictures become train and test; the gold submission has a point in each true box."""
    table = read_csv(raw / "train.csv")
    if list(table.columns) != ["image_id", "labels"]:
        raise DataError(f"train.csv has the columns {list(table.columns)}; image_id and labels are expected")
    require_unique(table, "image_id", "train.csv")
    train, test = train_test_split(table, 0.1)

    write_csv(train, public / "train.csv")
    guesses = "U+003F 1 1 U+FF2F 2 2"
    write_answers_and_sample(test, {"labels": guesses}, private / "test.csv", public / "sample_submission.csv")
    points = [_points(page, labels) for page, labels in test.itertuples(index=False)]
    write_csv(test.assign(labels=points), private / "gold_submission.csv")
    place(raw / "unicode_translation.csv", public / "unicode_translation.csv")
    for part, rows in (("train", train), ("test", test)):
        names = sorted(f"{name}.jpg" for name in rows["image_id"])
        rezip(raw / "train_images.zip", public / f"{part}_images.zip", ((n, n) for n in names), len(names))


def _points(page: str, labels: object) -> str:
    """A page's groups `code x y width height` as groups `code x y`, one pixel inside the box."""
    tokens = labels.split() if isinstance(labels, str) else []
    boxes = _BOXES.findall(" ".join(tokens))
    if not tokens or len(tokens) != 5 * len(boxes):
        raise DataError(f"train.csv: the labels of page {page} are not groups of a code and four numbers")
    return " ".join(f"{code} {int(x) + 1} {int(y) + 1}" for code, x, y in boxes)

"""75/25 split of the labelled photographs."""

from __future__ import annotations

from pathlib import Path

from mlebench_inspect.graders.submission import Revision
from mlebench_inspect.tasks.preparing import (
    DataError,
    digest_split,
    place_files,
    read_csv,
    require_unique,
    train_test_positions,
    write_csv,
)


def prepare(raw: Path, public: Path, private: Path, revision: Revision) -> None:
    """`train.csv` becomes train and test; test images lie flat, training images in a folder per label.

    The raw table is grouped by label and v1 keeps the split's order in the public tables, which gives the labels away
    to whoever repeats the split. In v2 the image's id alone decides split and order.
    """
    table = read_csv(raw / "train.csv")
    columns = list(read_csv(raw / "sample_submission.csv").columns)
    if columns != ["image_id", "label"]:
        raise DataError(f"sample_submission.csv has the columns {', '.join(columns)} instead of image_id, label")
    require_unique(table, "image_id", "train.csv")
    n = len(table)
    if revision == "v1":
        train_rows, test_rows = train_test_positions(n, n - int(0.75 * n))
        train, test = table.iloc[train_rows], table.iloc[test_rows]
    else:
        train_rows, test_rows = digest_split(list(table["image_id"]), 0.25)
        train, test = (table.iloc[rows].sort_values("image_id") for rows in (train_rows, test_rows))

    write_csv(train, public / "train.csv")
    write_csv(test, private / "test.csv")
    constant = "" if revision == "v1" else "normal"
    write_csv(test[["image_id"]].assign(label=constant), public / "sample_submission.csv")
    images = raw / "train_images"
    labelled = zip(train["label"], train["image_id"], strict=True)
    place_files(((images / y / i, public / "train_images" / y / i) for y, i in labelled), len(train))
    hidden = zip(test["label"], test["image_id"], strict=True)
    place_files(((images / y / i, public / "test_images" / i) for y, i in hidden), len(test), fresh=True)

"""90/10 split of the labelled TFRecord files; the images that they hold follow."""

from __future__ import annotations

import os
from pathlib import Path

from mlebench_inspect.graders.submission import Revision
from mlebench_inspect.tasks._tfrecords import read_examples
from mlebench_inspect.tasks.preparing import (
    DataError,
    place,
    place_files,
    place_named,
    read_csv,
    require_unique,
    train_test_split,
    visible,
    write_answers_and_sample,
    write_csv,
)

DISEASES = "label_num_to_disease_map.json"


def prepare(raw: Path, public: Path, private: Path, revision: Revision) -> None:
    """Tables keep the order of `train.csv`. In v2 the test TFRecords, which hold the labels as well, are left out."""
    folder = raw / "train_tfrecords"
    records = [folder / name for name in visible(os.listdir(folder), ".tfrec") if (folder / name).is_file()]
    if len(records) < 2:
        raise DataError(f"train_tfrecords/ holds {len(records)} .tfrec files; at least two are needed for a split")
    train_records, test_records = train_test_split(records, 0.1)
    names = {name for path in test_records for name in _image_names(path)}
    table = read_csv(raw / "train.csv")
    if list(table.columns) != ["image_id", "label"]:
        raise DataError(f"train.csv has the columns {', '.join(table.columns)} instead of image_id, label")
    require_unique(table, "image_id", "train.csv")
    in_test = table["image_id"].isin(names)
    train, test = table[~in_test], table[in_test]
    if len(test) == 0 or len(train) == 0:
        raise DataError("train.csv and train_tfrecords/ do not belong together: one part of the split is empty")

    write_csv(train, public / "train.csv")
    write_answers_and_sample(test, {"label": 4}, private / "test.csv", public / "sample_submission.csv")
    place(raw / DISEASES, public / DISEASES)
    _place_records(train_records, public, "train")
    if revision == "v1":
        _place_records(test_records, public, "test")
    for part, rows in (("train_images", train), ("test_images", test)):
        place_named(list(rows["image_id"]), raw / "train_images", public / part)


def _image_names(path: Path) -> list[str]:
    """The feature `image_name` of each record."""
    names = []
    for example in read_examples(path, ("image_name",)):
        values = example.get("image_name", [])
        if not values or not isinstance(values[0], bytes):
            raise DataError(f"{path.name} holds a record without an image_name")
        names.append(values[0].decode())
    return names


def _place_records(files: list[Path], public: Path, part: str) -> None:
    """Places TFRecord files, numbered afresh, in `<part>_tfrecords`; the text after the hyphen (a count) stays."""
    counts = [f.stem.split("-")[1] if "-" in f.stem else f.stem for f in files]
    folder = public / f"{part}_tfrecords"
    place_files(
        ((f, folder / f"ld_{part}{i:02d}-{n}.tfrec") for i, (f, n) in enumerate(zip(files, counts, strict=True))),
        len(files),
    )

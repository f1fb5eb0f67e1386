"""Random 75/25 split of the labelled seismic images, which lie in a nested archive."""

from __future__ import annotations

import zipfile
from pathlib import Path

from mlebench_inspect.graders.submission import Revision
from mlebench_inspect.tasks.preparing import (
    DataError,
    read_csv,
    read_zipped_csv,
    train_test_split,
    unzip_renamed,
    visible,
    write_csv,
)

FOLDER = "competition_data"


def prepare(raw: Path, public: Path, private: Path, revision: Revision) -> None:
    """Train keeps images and masks, test the images; in v2 the depths of the test images are public too."""
    archive = raw / "competition_data.zip"
    table = read_zipped_csv(archive, f"{FOLDER}/train.csv").fillna("")
    if not table.map(lambda v: isinstance(v, str)).to_numpy().all():
        raise DataError(f"{FOLDER}/train.csv in {archive.name} holds cells that are no text")
    train, test = (part.sort_values("id") for part in train_test_split(table, 0.25))
    if table["id"].duplicated().any():
        raise DataError(f"{FOLDER}/train.csv in {archive.name} holds an id more than once")
    with zipfile.ZipFile(archive) as zipped:
        names = visible(zipped.namelist(), ".png")
    images = sum(n.startswith(f"{FOLDER}/train/images/") for n in names)
    if images != len(table):
        raise DataError(f"{archive.name} holds {images} images, but its train.csv has {len(table)} rows")

    write_csv(train, public / "train.csv")
    write_csv(test, private / "test.csv")
    write_csv(test.assign(rle_mask="1 1"), public / "sample_submission.csv")
    depths = read_csv(raw / "depths.csv")
    shown = train if revision == "v1" else table
    write_csv(depths[depths["id"].isin(shown["id"])].sort_values("id"), public / "depths.csv")

    kinds = [("train", "images", train), ("train", "masks", train), ("test", "images", test)]
    pairs = []
    for side, kind, part in kinds:
        folder = public / side / kind
        folder.mkdir(parents=True, exist_ok=True)
        pairs += [(f"{FOLDER}/train/{kind}/{i}.png", folder / f"{i}.png") for i in part["id"]]
    unzip_renamed(archive, pairs, len(pairs))

"""86/14 split of photographs that are sorted into one folder per species."""

from __future__ import annotations

import os
from pathlib import Path

from mlebench_inspect.graders.submission import Revision
from mlebench_inspect.tasks.preparing import (
    DataError,
    digest_split,
    place_files,
    require_unique,
    train_test_positions,
    visible,
    write_answers_and_sample,
)


def prepare(raw: Path, public: Path, private: Path, revision: Revision) -> None:
    """Test images lie flat, training images in a folder per species.

    v1 splits the listing sorted by species and keeps the split's order in the sample submission, which gives the
    species away to whoever repeats the split. In v2 the file name alone decides split and order.
    """
    import pandas as pd

    species = visible(e.name for e in os.scandir(raw / "train") if e.is_dir())
    listing = [(file, name) for name in species for file in visible(os.listdir(raw / "train" / name), ".png")]
    if not listing:
        raise DataError("train/ holds no <species>/<name>.png")
    table = pd.DataFrame(listing, columns=["file", "species"])
    require_unique(table, "file", "train/")
    if revision == "v1":
        train_rows, test_rows = train_test_positions(len(table), 0.14)
        train, test = table.iloc[train_rows], table.iloc[test_rows]
    else:
        train_rows, test_rows = digest_split(list(table["file"]), 0.14)
        train, test = table.iloc[train_rows], table.iloc[test_rows].sort_values("file")

    constant = {"species": "Sugar beet"}
    write_answers_and_sample(test, constant, private / "answers.csv", public / "sample_submission.csv")
    for part, rows in (("train", train), ("test", test)):
        pairs = zip(rows["species"], rows["file"], strict=True)
        folder = public / part
        place_files(
            ((raw / "train" / s / f, folder / s / f if part == "train" else folder / f) for s, f in pairs),
            len(rows),
            fresh=part == "test",
        )

"""Random 80/20 split of the labelled images."""

from __future__ import annotations

from pathlib import Path

from mlebench_inspect.graders.submission import Revision
from mlebench_inspect.tasks.preparing import (
    place,
    place_files,
    read_csv,
    require_unique,
    train_test_split,
    write_answers_and_sample,
    write_csv,
)

WATER = "InChI=1S/H2O/h1H2"


def prepare(raw: Path, public: Path, private: Path, revision: Revision) -> None:
    """Each image keeps its place `<c0>/<c1>/<c2>/` below `train` or `test`; alike in v1 and v2."""
    table = read_csv(raw / "train_labels.csv", dtype={"image_id": str})
    require_unique(table, "image_id", "train_labels.csv")
    train, test = train_test_split(table, 0.2)
    write_csv(train, public / "train_labels.csv")
    write_answers_and_sample(test, {"InChI": WATER}, private / "test.csv", public / "sample_submission.csv")
    place(raw / "extra_approved_InChIs.csv", public / "extra_approved_InChIs.csv")
    for part, folder in ((train, "train"), (test, "test")):
        files = [f"{i[0]}/{i[1]}/{i[2]}/{i}.png" for i in part["image_id"]]
        (public / folder).mkdir()
        place_files(((raw / "train" / f, public / folder / f) for f in files), len(files))

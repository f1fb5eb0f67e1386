"""Fragments 1 and 2 to train on; fragment 3 is the test fragment `a`. Nothing is drawn at random."""

from __future__ import annotations

from pathlib import Path

from mlebench_inspect.graders.submission import Revision
from mlebench_inspect.tasks.preparing import DataError, place_files, place_tree, read_csv, visible, write_csv

TRAIN, TEST = ("1", "2"), "3"
LABELS = {"inklabels.png", "inklabels_rle.csv", "ir.png"}


def prepare(raw: Path, public: Path, private: Path, revision: Revision) -> None:
    """The test fragment keeps all files but the labels and the infrared photograph that they were drawn from."""
    from PIL import Image

    for name in TRAIN:
        place_tree(raw / "train" / name, public / "train" / name)

    fragment = raw / "train" / TEST
    answers = read_csv(fragment / "inklabels_rle.csv").assign(Id="a")
    if len(answers) != 1:
        raise DataError(f"train/{TEST}/inklabels_rle.csv has {len(answers)} rows; one is expected")
    with Image.open(fragment / "ir.png") as photograph:  # reads the header alone
        width, height = photograph.size
    write_csv(answers.assign(width=width, height=height), private / "inklabels_rle.csv")
    write_csv(answers, private / "gold_submission.csv")
    write_csv(answers[["Id"]].assign(Predicted="1 1 5 1"), public / "sample_submission.csv")

    listed = visible(str(f.relative_to(fragment)) for f in fragment.rglob("*") if f.is_file())
    files = [fragment / name for name in listed]
    if strange := [f.name for f in files if f.suffix not in (".png", ".csv", ".tif")]:
        raise DataError(f"train/{TEST} holds files of an unknown kind: {', '.join(strange[:5])}")
    if missing := LABELS - {f.name for f in files}:
        raise DataError(f"train/{TEST} lacks {', '.join(sorted(missing))}")
    shown = [f for f in files if f.name not in LABELS]
    place_files(((f, public / "test/a" / f.relative_to(fragment)) for f in shown), len(shown))

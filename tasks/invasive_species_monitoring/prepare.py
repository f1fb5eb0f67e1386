"""Random 80/20 split of the labelled photographs."""

from __future__ import annotations

import io
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from mlebench_inspect.graders.submission import Revision
from mlebench_inspect.tasks.preparing import (
    DataError,
    extract_7z,
    read_zipped_csv,
    require_unique,
    train_test_split,
    write_7z,
    write_answers_and_sample,
    write_csv,
    zip_files,
)

if TYPE_CHECKING:
    import pandas as pd


def prepare(raw: Path, public: Path, private: Path, revision: Revision) -> None:
    """Labels become train and test, zipped in `public`; the images go from one 7z archive into two.

    The published preparation packs empty folders instead of the images. Without them there is no task, so that all
    revisions pack them; no checksum covers the archives.
    """
    table = read_zipped_csv(raw / "train_labels.csv.zip", "train_labels.csv")
    if list(table.columns) != ["name", "invasive"]:
        raise DataError(f"train_labels.csv has the columns {', '.join(table.columns)} instead of name, invasive")
    require_unique(table, "name", "train_labels.csv")
    train, test = train_test_split(table, 0.2)

    sample = write_answers_and_sample(
        test, {"invasive": 0.5}, private / "answers.csv", private / "sample_submission.csv"
    )
    _write_zipped(train, public / "train_labels.csv.zip")
    _write_zipped(sample, public / "sample_submission.csv.zip")
    with TemporaryDirectory(dir=public) as unpacked:
        extract_7z(raw / "train.7z", Path(unpacked), [f"train/{name}.jpg" for name in table["name"]])
        for part, rows in (("train", train), ("test", test)):
            images = ((f"{part}/{name}.jpg", Path(unpacked, "train", f"{name}.jpg")) for name in rows["name"])
            write_7z(public / f"{part}.7z", images)


def _write_zipped(table: pd.DataFrame, path: Path) -> None:
    """Writes `<name>.csv.zip` with the one entry `<name>.csv`."""
    text = io.BytesIO()
    write_csv(table, text)
    zip_files(path, [(path.stem, text.getvalue())])

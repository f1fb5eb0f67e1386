"""Kaggle's own training data and second-stage test clips; the labels of the latter were published later."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

from mlebench_inspect.graders.submission import Revision
from mlebench_inspect.tasks.preparing import DataError, place, place_tree, read_csv, read_zipped_csv, write_csv

if TYPE_CHECKING:
    import pandas as pd

META = "FSDKaggle2019.meta"
TABLE = f"{META}/test_post_competition.csv"
FILES = ("train_curated.csv", "train_noisy.csv", "sample_submission.csv")
FOLDERS = ("train_curated", "train_noisy", "test")  # or .zip


def prepare(raw: Path, public: Path, private: Path, revision: Revision) -> None:
    """Places what Kaggle gives, and nothing else that lies in raw: the published labels become the answers.

    Both revisions are alike.
    """
    sample = read_csv(raw / "sample_submission.csv")
    classes = list(sample.columns[1:])
    published = _published_labels(raw)
    test = published[published["usage"] == "Private"]
    labels = test["labels"].str.get_dummies(",").reindex(columns=classes, fill_value=0).astype(int)
    answers = test[["fname"]].join(labels)
    if set(answers["fname"]) != set(sample["fname"]) or len(answers) != len(sample):
        raise DataError(f"the clips of {TABLE} are not those of sample_submission.csv")
    if (labels.sum(axis=1) != test["labels"].str.count(",") + 1).any():
        raise DataError(f"{TABLE} names labels that sample_submission.csv has no column for")

    for name in FILES:
        place(raw / name, public / name)
    for name in FOLDERS:
        packed = raw / f"{name}.zip"
        if (raw / name).is_dir():
            place_tree(raw / name, public / name)
        elif packed.is_file():
            place(packed, public / packed.name)
        else:
            raise DataError(f"{raw} holds neither {name}/ nor {packed.name}")
    write_csv(answers, private / "test.csv")


def _published_labels(raw: Path) -> pd.DataFrame:
    """The table with the labels of the test clips, from the archive or from its unpacked folder."""
    archive, unpacked = raw / f"{META}.zip", raw / TABLE
    if unpacked.is_file():
        return read_csv(unpacked)
    try:
        return read_zipped_csv(archive, TABLE)
    except FileNotFoundError:
        raise DataError(
            f"{archive.name} is missing in {raw}; download it from https://zenodo.org/records/3612637"
        ) from None
    except (KeyError, zipfile.BadZipFile) as ex:
        raise DataError(f"{archive} is damaged or another archive: {ex}") from None

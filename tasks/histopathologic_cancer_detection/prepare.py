"""Random split of the labelled patches, in the ratio of the original train and test parts."""

from __future__ import annotations

import os
from pathlib import Path

from mlebench_inspect.graders.submission import Revision
from mlebench_inspect.tasks.preparing import (
    DataError,
    place_named,
    read_csv,
    require_unique,
    train_test_positions,
    visible,
    write_answers_and_sample,
    write_csv,
)

REAL_TRAIN, REAL_TEST = 220_025, 57_458  # numbers of images in the published archive


def prepare(raw: Path, public: Path, private: Path, revision: Revision) -> None:
    """`train_labels.csv` becomes train and test, both in its order; only the number of files in `test/` is used."""
    import numpy as np

    table = read_csv(raw / "train_labels.csv")
    require_unique(table, "id", "train_labels.csv")
    unlabelled = len(visible(os.listdir(raw / "test"), ".tif"))
    if unlabelled == 0 or (len(table) == REAL_TRAIN and unlabelled != REAL_TEST):
        raise DataError(
            f"test/ holds {unlabelled:,} .tif files instead of {REAL_TEST:,}, and the split depends on their number; "
            "extract the archive completely"
        )
    _, test_rows = train_test_positions(len(table), unlabelled / (len(table) + unlabelled))
    in_test = np.zeros(len(table), dtype=bool)
    in_test[test_rows] = True
    train, test = table[~in_test], table[in_test]

    write_csv(train, public / "train_labels.csv")
    write_answers_and_sample(test, {"label": 0}, private / "answers.csv", public / "sample_submission.csv")
    for part, rows in (("train", train), ("test", test)):
        place_named([f"{name}.tif" for name in rows["id"]], raw / "train", public / part)

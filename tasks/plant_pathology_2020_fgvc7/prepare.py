"""Random 90/10 split of the labelled photographs, under new names."""

from __future__ import annotations

from pathlib import Path

from mlebench_inspect.graders.submission import Revision
from mlebench_inspect.tasks.preparing import (
    DataError,
    place_files,
    read_csv,
    require_unique,
    train_test_split,
    write_csv,
)

COLUMNS = ["image_id", "healthy", "multiple_diseases", "rust", "scab"]


def prepare(raw: Path, public: Path, private: Path, revision: Revision) -> None:
    """`train.csv` becomes train and test, each numbered afresh; the images share one folder."""
    table = read_csv(raw / "train.csv")
    if sorted(table.columns) != sorted(COLUMNS):
        raise DataError(f"train.csv has the columns {', '.join(table.columns)} instead of {', '.join(COLUMNS)}")
    require_unique(table, "image_id", "train.csv")
    odd = table.loc[~table["image_id"].str.startswith("Train_"), "image_id"]
    if len(odd):
        raise DataError(f"train.csv: image_id {odd.iloc[0]!r} does not start with Train_")
    old = train_test_split(table, 0.1)
    train, test = (
        rows.assign(image_id=[f"{part}_{i}" for i in range(len(rows))])
        for part, rows in zip(("Train", "Test"), old, strict=True)
    )

    write_csv(train, public / "train.csv")
    write_csv(test[["image_id"]], public / "test.csv")
    uniform = dict.fromkeys(COLUMNS[1:], 0.25)
    write_csv(test, private / "test.csv")
    write_csv(test[["image_id"]].assign(**uniform), public / "sample_submission.csv")
    for before, after in zip(old, (train, test), strict=True):
        names = zip(before["image_id"], after["image_id"], strict=True)
        place_files(((raw / "images" / f"{a}.jpg", public / "images" / f"{b}.jpg") for a, b in names), len(after))

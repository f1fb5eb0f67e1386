"""The released test labels are the answers; nothing is split."""

from __future__ import annotations

from pathlib import Path

from mlebench_inspect.graders.submission import Revision
from mlebench_inspect.tasks.jigsaw_toxic_comment_classification_challenge.grade import CLASSES
from mlebench_inspect.tasks.preparing import (
    DataError,
    read_zipped_csv,
    require_raw_columns,
    require_unique,
    write_csv,
)

COLUMNS = {
    "train": ["id", "comment_text", *CLASSES],
    "test": ["id", "comment_text"],
    "test_labels": ["id", *CLASSES],
    "sample_submission": ["id", *CLASSES],
}


def prepare(raw: Path, public: Path, private: Path, revision: Revision) -> None:
    """Rewrites the four tables, the sample submission with 0.5 in every cell. Both revisions have the same files."""
    tables = {name: read_zipped_csv(raw / f"{name}.csv.zip", f"{name}.csv") for name in COLUMNS}
    for name, columns in COLUMNS.items():
        require_raw_columns(tables[name], columns, f"{name}.csv")
        require_unique(tables[name], "id", f"{name}.csv")
    ids = set(tables["test"]["id"])
    for name in ("test_labels", "sample_submission"):
        if set(tables[name]["id"]) != ids:
            raise DataError(f"{name}.csv has other ids than test.csv")
    if not ids.isdisjoint(tables["train"]["id"]):
        raise DataError("train.csv and test.csv have an id in common")

    write_csv(tables["train"], public / "train.csv")
    write_csv(tables["test"], public / "test.csv")
    write_csv(tables["sample_submission"].assign(**dict.fromkeys(CLASSES, 0.5)), public / "sample_submission.csv")
    write_csv(tables["test_labels"], private / "test.csv")

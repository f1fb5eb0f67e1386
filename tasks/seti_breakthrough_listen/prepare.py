"""Random 90/10 split of the labelled snippets."""

from __future__ import annotations

from pathlib import Path

from mlebench_inspect.graders.submission import Revision
from mlebench_inspect.tasks.preparing import (
    place_files,
    place_tree,
    read_csv,
    require_unique,
    train_test_split,
    write_answers_and_sample,
    write_csv,
)


def prepare(raw: Path, public: Path, private: Path, revision: Revision) -> None:
    """Test snippets move to a folder of their own; v2 leaves out the withdrawn data of the first launch."""
    table = read_csv(raw / "train_labels.csv", dtype={"id": str})
    require_unique(table, "id", "train_labels.csv")
    parts = train_test_split(table, 0.1)
    train, test = parts
    write_csv(train, public / "train_labels.csv")
    write_answers_and_sample(test, {"target": 0.5}, private / "test.csv", public / "sample_submission.csv")

    if revision == "v1":
        place_tree(raw / "old_leaky_data", public / "old_leaky_data")
    files = ((part, f"{i[0]}/{i}.npy") for part, rows in zip(("train", "test"), parts, strict=True) for i in rows["id"])
    place_files(((raw / "train" / name, public / part / name) for part, name in files), len(table))

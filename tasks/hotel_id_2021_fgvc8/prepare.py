"""Random 90/10 split of the labelled photographs."""

from __future__ import annotations

from pathlib import Path

from mlebench_inspect.graders.submission import Revision
from mlebench_inspect.tasks.preparing import (
    place_files,
    read_csv,
    require_unique,
    train_test_split,
    write_csv,
)

IN_TWO_CHAINS = "ce27d36c9147cc19.jpg"


def prepare(raw: Path, public: Path, private: Path, revision: Revision) -> None:
    """`train.csv` becomes train and test, without the one picture that lies in two chains' folders."""
    table = read_csv(raw / "train.csv")
    table = table[table["image"] != IN_TWO_CHAINS]
    require_unique(table, "image", "train.csv")
    train, test = train_test_split(table, 0.1)

    write_csv(train, public / "train.csv")
    write_csv(test, private / "test.csv")
    guesses = "36363 53586 18807 64314 60181"
    write_csv(test[["image"]].assign(hotel_id=guesses), public / "sample_submission.csv")
    for part, rows in (("train_images", train), ("test_images", test)):
        (public / part).mkdir()
        chains = [str(c) for c in rows["chain"]]
        found = [raw / "train_images" / c / n for c, n in zip(chains, rows["image"], strict=True)]
        folders = [public / part / c if part == "train_images" else public / part for c in chains]
        wanted = [f / n for f, n in zip(folders, rows["image"], strict=True)]
        # Test files are copies, since the inode number of a link would tell the chain.
        place_files(zip(found, wanted, strict=True), len(rows), fresh=part == "test_images")

"""Random 90/10 split of plays."""

from __future__ import annotations

from pathlib import Path

from mlebench_inspect.graders.submission import Revision
from mlebench_inspect.tasks.preparing import (
    DataError,
    place_named,
    read_csv,
    read_csv_plain,
    train_test_split,
    write_csv,
)

VIEWS = ["All29", "Endzone", "Sideline"]
TABLES = ["baseline_helmets", "player_tracking", "video_metadata"]


def prepare(raw: Path, public: Path, private: Path, revision: Revision) -> None:
    """All tables and videos of a play go to one side; v1 keeps the several roundings of the published floats."""
    read = read_csv_plain if revision == "v1" else read_csv
    labels = read(raw / "train_labels.csv")
    train_plays, test_plays = train_test_split(labels["game_play"].unique(), 0.1)
    in_test = labels["game_play"].isin(test_plays)
    train, test = labels[~in_test], labels[in_test]
    if test["contact_id"].isin(train["contact_id"]).any():
        raise DataError("train_labels.csv: a contact_id occurs in more than one play")
    write_csv(train, public / "train_labels.csv")
    write_csv(test, private / "test.csv")
    write_csv(test[["contact_id"]].assign(contact=0), public / "sample_submission.csv")
    del labels, train, test

    for name in TABLES:
        table = read(raw / f"train_{name}.csv")
        for part, plays in (("train", train_plays), ("test", test_plays)):
            write_csv(table[table["game_play"].isin(plays)], public / f"{part}_{name}.csv")
    for part, plays in (("train", train_plays), ("test", test_plays)):
        place_named([f"{play}_{view}.mp4" for play in plays for view in VIEWS], raw / "train", public / part)

"""Random 90/10 split of the labelled segments."""

from __future__ import annotations

from pathlib import Path

from mlebench_inspect.graders.submission import Revision
from mlebench_inspect.tasks.preparing import (
    DataError,
    place_named,
    read_csv,
    require_unique,
    train_test_split,
    write_answers_and_sample,
    write_csv,
)

COLUMNS = ["segment_id", "time_to_eruption"]


def prepare(raw: Path, public: Path, private: Path, revision: Revision) -> None:
    """Each segment's recording goes to `train` or `test`; alike in v1 and v2."""
    table = read_csv(raw / "train.csv")
    if list(table.columns) != COLUMNS:
        raise DataError(f"train.csv: the columns must be {', '.join(COLUMNS)}; they are {', '.join(table.columns)}")
    require_unique(table, "segment_id", "train.csv")
    train, test = train_test_split(table, 0.1)
    write_csv(train, public / "train.csv")
    write_answers_and_sample(test, {"time_to_eruption": 0}, private / "test.csv", public / "sample_submission.csv")
    for part, folder in ((train, "train"), (test, "test")):
        place_named([f"{i}.csv" for i in part["segment_id"]], raw / "train", public / folder)

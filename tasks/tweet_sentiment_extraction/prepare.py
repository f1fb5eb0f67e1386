"""Random 90/10 split of the labelled tweets."""

from __future__ import annotations

from pathlib import Path

from mlebench_inspect.graders.submission import Revision
from mlebench_inspect.tasks.preparing import (
    read_csv,
    require_raw_columns,
    require_unique,
    train_test_split,
    write_csv,
)


def prepare(raw: Path, public: Path, private: Path, revision: Revision) -> None:
    """`train.csv` becomes train and test; the sample submission selects nothing. Both revisions have the same files."""
    table = read_csv(raw / "train.csv")
    require_raw_columns(table, ["textID", "text", "selected_text", "sentiment"], "train.csv")
    require_unique(table, "textID", "train.csv")
    train, test = train_test_split(table, 0.1)

    write_csv(train, public / "train.csv")
    write_csv(test, private / "test.csv")
    write_csv(test.drop(columns="selected_text"), public / "test.csv")
    write_csv(test[["textID"]].assign(selected_text=""), public / "sample_submission.csv")

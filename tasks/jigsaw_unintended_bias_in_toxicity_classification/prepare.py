"""The expanded private test set is the answers; nothing is split."""

from __future__ import annotations

from pathlib import Path

from mlebench_inspect.graders.submission import Revision
from mlebench_inspect.tasks.jigsaw_unintended_bias_in_toxicity_classification.grade import GROUPS
from mlebench_inspect.tasks.preparing import DataError, place, read_csv, require_unique, write_csv

COLUMNS = 45
TEST = "test_private_expanded.csv"


def prepare(raw: Path, public: Path, private: Path, revision: Revision) -> None:
    """Both tables stay as they are; the agent gets id and text of the test rows. Both revisions have the same files."""
    for name, needed in (("train.csv", ["target"]), (TEST, ["toxicity", *GROUPS])):
        header = read_csv(raw / name, nrows=0).columns
        missing = [c for c in ("id", "comment_text", *needed) if c not in header]
        if missing or len(header) != COLUMNS:
            lacks = f", {missing[0]} is missing" if missing else ""
            raise DataError(f"{name} has {len(header)} columns{lacks}; expected are {COLUMNS}")
    test = read_csv(raw / TEST, usecols=["id", "comment_text"])[["id", "comment_text"]]
    require_unique(test, "id", TEST)

    place(raw / "train.csv", public / "train.csv")
    place(raw / TEST, private / "test.csv")
    write_csv(test, public / "test.csv")
    write_csv(test[["id"]].assign(prediction=0.0), public / "sample_submission.csv")

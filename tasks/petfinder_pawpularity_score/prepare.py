"""Random 90/10 split of the rated photographs."""

from __future__ import annotations

from pathlib import Path

from mlebench_inspect.graders.submission import Revision
from mlebench_inspect.tasks.preparing import (
    DataError,
    place_named,
    read_csv,
    require_unique,
    train_test_split,
    write_csv,
)


def prepare(raw: Path, public: Path, private: Path, revision: Revision) -> None:
    """`train.csv` becomes train and test; the sample submission holds random predictions."""
    import numpy as np

    table = read_csv(raw / "train.csv")
    if table.columns[0] != "Id" or table.columns[-1] != "Pawpularity":
        raise DataError("the first column of train.csv must be Id, the last one Pawpularity")
    require_unique(table, "Id", "train.csv")
    train, test = train_test_split(table, 0.1)
    guesses = np.random.default_rng(0).uniform(1, 100, len(test)).round(2)

    write_csv(train, public / "train.csv")
    write_csv(test, private / "test.csv")
    write_csv(test.drop(columns="Pawpularity"), public / "test.csv")
    write_csv(test[["Id"]].assign(Pawpularity=guesses), public / "sample_submission.csv")
    for part, rows in (("train", train), ("test", test)):
        place_named([f"{name}.jpg" for name in rows["Id"]], raw / "train", public / part)

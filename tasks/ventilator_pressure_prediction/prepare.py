"""Random split of the breaths, one in ten for the test."""

from __future__ import annotations

from pathlib import Path

from mlebench_inspect.graders.submission import Revision
from mlebench_inspect.tasks.preparing import read_csv, require_raw_columns, shuffled_group_split, write_csv

TYPES = {
    "id": "int32",
    "breath_id": "int32",
    "R": "int8",
    "C": "int8",
    "time_step": "float64",
    "u_in": "float64",
    "u_out": "int8",
    "pressure": "float64",
}


def prepare(raw: Path, public: Path, private: Path, revision: Revision) -> None:
    """`train.csv` becomes train and test, whole breaths in shuffled order, the time steps of both numbered from 1."""
    table = read_csv(raw / "train.csv", dtype=TYPES)
    require_raw_columns(table, list(TYPES), "train.csv")
    train_rows, test_rows = shuffled_group_split(table["breath_id"], 0.1)
    test = table.iloc[test_rows].assign(id=range(1, len(test_rows) + 1))

    write_csv(test.drop(columns="pressure"), public / "test.csv", float_format="%.10g")
    write_csv(test, private / "test.csv", float_format="%.10g")
    write_csv(test[["id"]].assign(pressure=0), public / "sample_submission.csv")
    train = table.iloc[train_rows].assign(id=range(1, len(train_rows) + 1))
    write_csv(train, public / "train.csv", float_format="%.10g")

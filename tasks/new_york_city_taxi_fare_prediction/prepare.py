"""Random split of some 55 million rides, without holding them in memory."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mlebench_inspect.graders.submission import Revision
from mlebench_inspect.tasks.preparing import (
    DataError,
    drawn,
    place,
    read_csv,
    require_raw_columns,
    train_test_positions,
    write_csv,
    write_rows,
)

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

TEST_ROWS = 9914  # as many as the competition's own test set had
FLOATS = ["fare_amount", "pickup_longitude", "pickup_latitude", "dropoff_longitude", "dropoff_latitude"]
COLUMNS = ["key", "fare_amount", "pickup_datetime", *FLOATS[1:], "passenger_count"]
TYPES: dict[str, Any] = {
    "key": object,
    "pickup_datetime": object,
    **dict.fromkeys(FLOATS, "float64"),
    "passenger_count": "int64",
}
LEAFLET = "GCP-Coupons-Instructions.rtf"


def prepare(raw: Path, public: Path, private: Path, revision: Revision) -> None:
    """`train.csv` becomes train, which v1 calls `labels.csv`, and test, in shuffled order; v2 drops the leaflet."""
    require_raw_columns(read_csv(raw / "train.csv", nrows=0), COLUMNS, "train.csv")
    train_file = public / ("labels.csv" if revision == "v1" else "train.csv")

    def parts(rows: int) -> Iterator[tuple[Path, np.ndarray]]:
        if rows <= TEST_ROWS and drawn() is None:
            raise DataError(f"train.csv has {rows:,} rows; more than the {TEST_ROWS:,} of the test set are needed")
        train, test = train_test_positions(rows, TEST_ROWS)
        yield train_file, train
        yield private / "test.csv", test

    write_rows(raw / "train.csv", parts, scratch=public, dtype=TYPES)
    test = read_csv(private / "test.csv", dtype=TYPES)
    _require_new_keys(test["key"], train_file)
    write_csv(test.drop(columns="fare_amount"), public / "test.csv")
    write_csv(test[["key"]].assign(fare_amount=11.35), public / "sample_submission.csv")
    if revision == "v1":
        place(raw / LEAFLET, public / LEAFLET)


def _require_new_keys(keys: pd.Series, train_file: Path) -> None:
    import pandas as pd

    with pd.read_csv(train_file, usecols=["key"], dtype=object, chunksize=1_000_000) as blocks:
        for block in blocks:
            shared = block.loc[block["key"].isin(keys), "key"]
            if len(shared):
                raise DataError(f"train.csv: key {shared.iloc[0]!r} occurs more than once")

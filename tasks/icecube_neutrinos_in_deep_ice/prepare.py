"""Random 90/10 split of whole batches of events."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from mlebench_inspect.graders.submission import Revision
from mlebench_inspect.tasks.preparing import DataError, place, place_named, train_test_split, write_csv

if TYPE_CHECKING:
    import pyarrow as pa

COLUMNS = ["batch_id", "event_id", "first_pulse_index", "last_pulse_index", "azimuth", "zenith"]
ANGLES = COLUMNS[-2:]
META = "train_meta.parquet"
ROWS_AT_A_TIME = 1 << 21


def prepare(raw: Path, public: Path, private: Path, revision: Revision) -> None:
    """The events' table goes through memory piece by piece, the batch files are placed; alike in v1 and v2."""
    import numpy as np
    import pandas as pd
    import pyarrow as pa
    import pyarrow.parquet as pq

    key = pq.read_table(raw / META, columns=["batch_id", "event_id"])
    batches = pd.unique(key["batch_id"].to_numpy())
    events = np.sort(key["event_id"].to_numpy())
    if (events[1:] == events[:-1]).any():
        raise DataError(f"{META}: an event_id occurs more than once")
    del key, events
    train, test = train_test_split(batches, 0.1)

    with ExitStack() as stack:
        source = stack.enter_context(pq.ParquetFile(raw / META))
        if missing := [c for c in COLUMNS if c not in source.schema_arrow.names]:
            raise DataError(f"{META}: column {missing[0]} is missing")
        schema = pa.schema([source.schema_arrow.field(c) for c in COLUMNS])
        train_meta = stack.enter_context(pq.ParquetWriter(public / META, schema))
        no_angles = pa.schema([f for f in schema if f.name not in ANGLES])
        test_meta = stack.enter_context(pq.ParquetWriter(public / "test_meta.parquet", no_angles))
        answers = stack.enter_context(open(private / "test.csv", "xb"))
        sample = stack.enter_context(open(public / "sample_submission.csv", "xb"))
        header = True
        for piece in _pieces(source):
            in_test = np.isin(piece["batch_id"].to_numpy(), test)
            train_meta.write_table(piece.filter(pa.array(~in_test)))
            held_out = piece.filter(pa.array(in_test))
            test_meta.write_table(held_out.select(no_angles.names))
            truth = held_out.select(["event_id", *ANGLES]).to_pandas()
            write_csv(truth, answers, header=header)
            write_csv(truth.assign(azimuth=1, zenith=1), sample, header=header)
            header = False

    place(raw / "sensor_geometry.csv", public / "sensor_geometry.csv")
    files = {int(p.stem.rpartition("_")[2]): p.name for p in (raw / "train").glob("batch_*.parquet")}
    if absent := sorted(set(batches.tolist()).difference(files)):
        raise DataError(f"train/ holds no file of batch {absent[0]} ({len(absent)} of {len(batches)} batches missing)")
    for part, folder in ((train, "train"), (test, "test")):
        place_named([files[n] for n in part.tolist()], raw / "train", public / folder)


def _pieces(source: pa.parquet.ParquetFile) -> Iterator[pa.Table]:
    import pyarrow as pa

    for batch in source.iter_batches(ROWS_AT_A_TIME, columns=COLUMNS):
        yield pa.Table.from_batches([batch]).select(COLUMNS).replace_schema_metadata()

"""Random 90/10 split of the days on which drives took place."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from mlebench_inspect.graders.submission import Revision
from mlebench_inspect.tasks.preparing import (
    DataError,
    place_files,
    place_tree,
    read_csv,
    read_csv_plain,
    train_test_split,
    visible,
    write_answers_and_sample,
)

TRUTH = "ground_truth.csv"
POSITIONS = (b"Fix,", b"NMEA,")  # how lines of a phone's log begin that tell where it is
COLUMNS = ["UnixTimeMillis", "LatitudeDegrees", "LongitudeDegrees"]
ELSEWHERE = {"LatitudeDegrees": 37.904611315634504, "LongitudeDegrees": -86.48107806249548}


def prepare(raw: Path, public: Path, private: Path, revision: Revision) -> None:
    """The truth of the test drives becomes the answers.

    v1 keeps the several roundings of the published coordinates, and leaves the log of the reference receiver with the
    test drives. v2 leaves it out, and the positions in the phones' own logs too.
    """
    import pandas as pd

    drives = visible(p.name for p in (raw / "train").iterdir() if p.is_dir())
    days = {drive: _day(drive) for drive in drives}
    dates = sorted(set(days.values()))
    if len(dates) < 2:
        raise DataError("train/: the drives took place on one day, so they cannot be split by day")
    _, test_dates = train_test_split(dates, 0.1)
    test = [d for d in drives if days[d] in test_dates]

    read = read_csv_plain if revision == "v1" else read_csv
    trips = []
    for drive in test:
        truths = sorted((raw / "train" / drive).rglob(TRUTH), key=lambda p: p.parts)
        if not truths:
            raise DataError(f"train/{drive} holds no {TRUTH}")
        for path in truths:
            table = read(path)
            if missing := [c for c in COLUMNS if c not in table.columns]:
                raise DataError(f"{path.relative_to(raw)}: column {missing[0]} is missing")
            table = table[COLUMNS]
            table.insert(0, "tripId", f"{drive}-{path.parent.name}")
            trips.append(table)
    write_answers_and_sample(pd.concat(trips), ELSEWHERE, private / "test.csv", public / "sample_submission.csv")

    known = 0
    for drive in drives:
        source = raw / "train" / drive
        if drive in test:
            place_files(_files(source, public / "test" / drive, revision))
        else:
            place_tree(source, public / "train" / drive)
            known += sum(1 for _ in source.rglob(TRUTH))
    if known < len(drives) - len(test):
        raise DataError(f"train/: {known} files {TRUTH} for {len(drives) - len(test)} training drives")
    place_tree(raw / "metadata", public / "metadata")


def _day(drive: str) -> str:
    parts = drive.split("-")[:3]
    if len(parts) < 3 or not all(p.isdecimal() for p in parts):
        raise DataError(f"train/{drive}: the folder's name must begin with year-month-day")
    return f"{parts[0]}-{parts[1]:0>2}-{parts[2]:0>2}"


def _files(source: Path, target: Path, revision: Revision) -> Iterator[tuple[Path, Path]]:
    """The (file, target) pairs of a test drive; text logs that hold positions are written instead of placed."""
    for folder, _, names in os.walk(source):
        here = target / os.path.relpath(folder, source)
        for name in sorted(names):
            path = Path(folder, name)
            if name == TRUTH or (revision == "v2" and name.lower().endswith(".nmea")):
                continue
            if revision == "v2" and name.lower().endswith(".txt") and _holds_positions(path):
                here.mkdir(parents=True, exist_ok=True)
                with open(path, "rb") as old, open(here / name, "xb") as new:
                    new.writelines(line for line in old if not line.startswith(POSITIONS))
                continue
            yield path, here / name


def _holds_positions(log: Path) -> bool:
    with open(log, "rb") as lines:
        return any(line.startswith(POSITIONS) for line in lines)

"""A fifth of the labelled images is the test set; images travel as JSON in 7z archives."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from mlebench_inspect.graders.submission import Revision
from mlebench_inspect.tasks.preparing import (
    DataError,
    extract_7z,
    place,
    require_unique,
    train_test_split,
    write_7z,
    write_answers_and_sample,
)

ID, TARGET, ANGLE = "id", "is_iceberg", "inc_angle"
_CHUNK = 1 << 24


def prepare(raw: Path, public: Path, private: Path, revision: Revision) -> None:
    """Splits at random; in v2 images without an angle, all of them ships, stay in the training set."""
    import pandas as pd

    with tempfile.TemporaryDirectory(dir=private) as folder:
        unpacked = Path(folder)
        fields = _field_names(raw / "test.json.7z", unpacked)
        extract_7z(raw / "train.json.7z", unpacked, ["data/processed/train.json"])
        # One text per record: parsed, the numbers of all images would take gigabytes.
        train_texts, test_texts, facts = [], [], []
        first: set[str] | None = None
        for record in _records(unpacked / "data/processed/train.json"):
            first = first or set(record)
            if set(record) != first or not {ID, TARGET, ANGLE, *fields} <= first:
                raise DataError(f"train.json: the record {record.get(ID)!r} has other fields than expected")
            train_texts.append(json.dumps(record))
            test_texts.append(json.dumps({f: record[f] for f in fields}))
            facts.append((record[ID], int(record[TARGET]), isinstance(record[ANGLE], int | float)))
    table = pd.DataFrame(facts, columns=[ID, TARGET, "angle_known"])
    require_unique(table, ID, "train.json")

    rows = list(table.index if revision == "v1" else table.index[table["angle_known"]])
    train_rows, test_rows = train_test_split(rows, 0.2)
    if revision == "v2":
        train_rows += table.index[~table["angle_known"]].tolist()
    write_7z(public / "train.json.7z", [("train.json", _list(train_texts[i] for i in train_rows))])
    write_7z(public / "test.json.7z", [("test.json", _list(test_texts[i] for i in test_rows))])

    sample = private / "sample_submission.csv"
    write_answers_and_sample(table.loc[test_rows, [ID, TARGET]], {TARGET: 0.5}, private / "test.csv", sample)
    write_7z(public / "sample_submission.csv.7z", [(sample.name, sample)])
    if revision == "v2":
        place(sample, public / sample.name)


def _field_names(archive: Path, folder: Path) -> list[str]:
    """The fields of Kaggle's test records, in order."""
    member = "data/processed/test.json"
    extract_7z(archive, folder, [member])
    names: list[str] = []
    for record in _records(folder / member):
        names = names or list(record)
        if set(record) != set(names):
            raise DataError(f"test.json: the record {record.get(ID)!r} has other fields than the first one")
    (folder / member).unlink()
    if ID not in names or TARGET in names:
        raise DataError("test.json: the records must have an id and no label")
    return names


def _records(path: Path) -> Iterator[dict[str, Any]]:
    """The objects of a JSON list, one after the other; the file is never in memory as a whole.

    Raises:
        DataError: The file holds something else or is cut off.
    """
    decoder = json.JSONDecoder()
    with open(path, encoding="utf-8") as file:
        text = file.read(_CHUNK).lstrip()
        if not text.startswith("["):
            raise DataError(f"{path.name} is no JSON list")
        position, ended = 1, False
        while True:
            while position < len(text) and text[position] in ", \t\r\n":
                position += 1
            if text[position : position + 1] == "]":
                return
            try:
                record, position = decoder.raw_decode(text, position)
            except json.JSONDecodeError:  # most likely the chunk ends within the record
                if ended:
                    raise DataError(f"{path.name} is damaged or cut off") from None
                more = file.read(_CHUNK)
                text, position, ended = text[position:] + more, 0, not more
                continue
            if not isinstance(record, dict):
                raise DataError(f"{path.name} holds a list of something other than objects")
            yield record


def _list(texts: Iterator[str]) -> bytes:
    return f"[{', '.join(texts)}]".encode("ascii")

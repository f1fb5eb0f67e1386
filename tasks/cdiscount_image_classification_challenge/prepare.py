"""Random 90/10 split of the products, cut out of one large BSON file without decoding it."""

from __future__ import annotations

import mmap
import struct
from array import array
from pathlib import Path
from typing import TYPE_CHECKING

from mlebench_inspect.graders.submission import Revision
from mlebench_inspect.tasks.preparing import (
    DataError,
    place,
    train_test_positions,
    write_answers_and_sample,
)

if TYPE_CHECKING:
    import numpy as np

FILE, EXAMPLE_PRODUCTS, CONSTANT = "train.bson", 100, 1000010653
_INTEGERS = {0x10: struct.Struct("<i"), 0x12: struct.Struct("<q")}  # BSON's type bytes of whole numbers
_LENGTH = struct.Struct("<i")
_KEY, _CATEGORY = b"_id\0", b"category_id\0"


def prepare(raw: Path, public: Path, private: Path, revision: Revision) -> None:
    """`train.bson` becomes train and test; a test product is its document without the category."""
    import numpy as np
    import pandas as pd

    if (raw / FILE).stat().st_size == 0:
        raise DataError(f"{FILE} is empty")
    with open(raw / FILE, "rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        starts, ids, categories = read_products(data)
        if len(np.unique(ids)) != len(ids):
            raise DataError(f"{FILE}: product ids repeat")
        _, test = train_test_positions(len(ids), 0.1)
        in_test = np.zeros(len(ids), dtype=bool)
        in_test[test] = True
        _divide(data, starts, in_test, public)

    answers = pd.DataFrame({"_id": ids[in_test], "category_id": categories[in_test]}).sort_values("_id")
    write_answers_and_sample(
        answers, {"category_id": CONSTANT}, private / "answers.csv", public / "sample_submission.csv"
    )
    place(raw / "category_names.csv", public / "category_names.csv")


def read_products(data: mmap.mmap) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Where the documents begin, and their first two fields.

    Args:
        data: Concatenated BSON documents, each of which begins with `_id` and `category_id`.

    Returns:
        Offsets of the n documents and of the end (n + 1), ids (n), categories (n).

    Raises:
        DataError: A document has no such form, or the last one is cut off.
    """
    import numpy as np

    starts, ids, categories = array("q"), array("q"), array("q")
    at, end = 0, len(data)
    while at < end:
        starts.append(at)
        try:
            length = _LENGTH.unpack_from(data, at)[0]
            after_key, key = _integer(data, at + 4, _KEY)
            after_category, category = _integer(data, after_key, _CATEGORY)
        except (struct.error, ValueError, IndexError):
            raise DataError(f"{FILE}: no _id and category_id at byte {at:,}, where a product begins") from None
        if not after_category - at < length <= end - at or data[at + length - 1] != 0:
            raise DataError(f"{FILE}: the product that begins at byte {at:,} has no proper end; is the file cut off?")
        ids.append(key)
        categories.append(category)
        at += length
    starts.append(end)
    return np.array(starts), np.array(ids), np.array(categories)


def _integer(data: mmap.mmap, at: int, name: bytes) -> tuple[int, int]:
    """Where the element at an offset ends, and its value.

    Raises:
        ValueError: It has another name or is no whole number.
    """
    number = _INTEGERS.get(data[at])
    begin = at + 1 + len(name)
    if number is None or data[at + 1 : begin] != name:
        raise ValueError
    return begin + number.size, number.unpack_from(data, begin)[0]


def _divide(data: mmap.mmap, starts: np.ndarray, in_test: np.ndarray, public: Path) -> None:
    """Writes the train file, its beginning as example file, and the test file, in the order of the raw file."""
    import numpy as np

    # Neighbours on the same side are written as one piece.
    runs = np.concatenate([[0], np.flatnonzero(np.diff(in_test)) + 1, [len(in_test)]])
    with (
        memoryview(data) as view,
        open(public / "train.bson", "xb") as train,
        open(public / "test.bson", "xb") as test,
    ):
        for first, beyond in zip(runs[:-1].tolist(), runs[1:].tolist(), strict=True):
            if not in_test[first]:
                train.write(view[starts[first] : starts[beyond]])
                continue
            for at, end in zip(starts[first:beyond].tolist(), starts[first + 1 : beyond + 1].tolist(), strict=True):
                element = _integer(data, at + 4, _KEY)[0]
                rest = _integer(data, element, _CATEGORY)[0]
                test.write(_LENGTH.pack(end - at - (rest - element)))
                test.write(view[at + 4 : element])
                test.write(view[rest:end])
        with open(public / "train_example.bson", "xb") as example:
            for position in np.flatnonzero(~in_test)[:EXAMPLE_PRODUCTS]:
                example.write(view[starts[position] : starts[position + 1]])

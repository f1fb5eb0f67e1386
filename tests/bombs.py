"""Hostile submissions of a table: files and cells that cost a careless reader or grader minutes or gigabytes."""

from __future__ import annotations

import io
import random
from collections.abc import Callable, Iterator

import pandas as pd

File = Callable[[pd.DataFrame, int], bytes]
Cell = Callable[[str, int], str]


def csv(table: pd.DataFrame) -> bytes:
    """The table as it is usually submitted."""
    return table.to_csv(index=False).encode()


def header(table: pd.DataFrame) -> bytes:
    return csv(table.head(0))


def _rows(table: pd.DataFrame) -> bytes:
    return csv(table)[len(header(table)) :]


def _repeated(text: bytes, size: int) -> bytes:
    return text * (size // max(len(text), 1) + 1)


def _new_ids(table: pd.DataFrame, size: int) -> bytes:
    rest = b"," * (table.shape[1] - 1) + b"\n"
    lines, written, k = io.BytesIO(), 0, 0
    while written < size:
        written, k = written + lines.write(b"new%d" % k + rest), k + 1
    return header(table) + lines.getvalue()


FILES: dict[str, File] = {
    "wide header": lambda t, n: header(t).strip() + b"," * n + b"\n" + _rows(t),
    "wide header behind blank lines": lambda t, n: b"\n \r\n" + header(t).strip() + b"," * n + b"\n" + _rows(t),
    "wide header behind a quoted line": lambda t, n: b'"\n\n",' + b"," * n + b"\n" + _rows(t),
    "widest header that is read": lambda t, n: (
        header(t).strip()
        + b"".join(b",x%d" % k for k in range(9000))
        + b"\n"
        + _repeated(b"1" + b",2" * 9000 + b"\n", n)
    ),
    "short rows under a wide header": lambda t, n: (
        header(t).strip() + b"".join(b",x%d" % k for k in range(2000)) + b"\n" + _repeated(b"1\n", min(n, 200_000))
    ),
    "wide first row": lambda t, n: header(t) + b"," * n + b"\n" + _rows(t),
    "wide last row": lambda t, n: csv(t) + b"," * n + b"\n",
    "first row a little wider": lambda t, n: header(t) + _repeated(b"7," * 60 + b"1" * t.shape[1] + b"\n", n),
    "blank lines": lambda t, n: header(t) + b"\n" * n + _rows(t),
    "blank lines in front": lambda t, n: b"\n" * n + csv(t),
    "many quotes": lambda t, n: header(t) + b'"' + b'""' * (n // 2) + b'"' + b"," * (t.shape[1] - 1) + b"\n",
    "an unclosed quote": lambda t, n: header(t) + b'"' + _repeated(_rows(t), n),
    "one long id": lambda t, n: header(t) + b"x" * n + b"," * (t.shape[1] - 1) + b"\n" + _rows(t),
    "repeated rows": lambda t, n: header(t) + _repeated(_rows(t), n),
    "new ids": _new_ids,
    "infinite numbers": lambda t, n: header(t) + _repeated(b",".join([b"1e400"] * t.shape[1]) + b"\n", n),
    "no numbers at all": lambda t, n: header(t) + _repeated(b",".join([b"nan"] * t.shape[1]) + b"\n", n),
}
"""Whole files, of about so many bytes, for a sound table."""


def _runs(cell: str, size: int) -> str:
    return " ".join(f"{2 * k + 1} 1" for k in range(size // 9))


CELLS: dict[str, Cell] = {
    "a long word": lambda c, n: "a" * n,
    "many words": lambda c, n: " ".join(f"w{k}" for k in range(n // 8)),
    "blanks": lambda c, n: " " * n,
    "commas": lambda c, n: "," * n,
    "other letters": lambda c, n: "\u0130" * (n // 2),
    "a huge whole number": lambda c, n: "9" * n,
    "many huge whole numbers": lambda c, n: " ".join(["9" * 4000] * (n // 4001)),
    "a huge fraction": lambda c, n: "0." + "3" * n,
    "huge exponents": lambda c, n: " ".join(["1e999999999"] * (n // 12)),
    "nested brackets": lambda c, n: "[" * n,
    "closed nested brackets": lambda c, n: "[" * (n // 2) + "]" * (n // 2),
    "a long list": lambda c, n: "[" + "1, " * (n // 3) + "1]",
    "nested objects": lambda c, n: '{"a":' * (n // 5),
    "runs": _runs,
    "huge runs": lambda c, n: " ".join(["1 999999999999999999"] * (n // 21)),
    "one huge run": lambda c, n: "1 999999999999999999",
    "the right cell again and again": lambda c, n: " ".join([c] * (n // (len(c) + 1) + 1)),
    "the right cell glued": lambda c, n: c * (n // max(len(c), 1) + 1),
    "boxes without class": lambda c, n: " ".join(["1 0.5 0 0 9 9"] * (n // 14)),
    "boxes of NaN": lambda c, n: " ".join(["1 nan nan nan nan nan nan nan nan"] * (n // 34)),
    "starts and ends": lambda c, n: ":".join("7" * (n // 2)),
}
"""A hostile cell of about so many bytes, for a sound one."""

VALUES = (
    *("", " ", "nan", "NaN", "NA", "null", "None", "inf", "-inf", "1e400", "-1e400", "1e-400", "1e308", "-0", "0x10"),
    *("True", "false", "1_000", "9" * 25, "-" + "9" * 25, "9223372036854775808", "18446744073709551616", "1.5", "-1"),
    *("1,5", "١", "½", "\u0000x", "\ufeff", "\ud7ff", "a b", "[", "]", "{}", "[]", "()", "'", '"', "\\", "\n", "\r\n"),
    *("1 2", "1 2 3", "0 0", "-1 -1", "1 0", "5 1 1 1", "a 0.5 1 1 2 2", "0 1 nan nan nan nan", "none 1 0 0 1 1"),
    *("1:2", ":", "1:", "YES", "NO", "__import__('os')", "%s", "\u202e", "e" * 3000, "1" * 5000, "1e5", "0.1e1"),
)


def with_cell(table: pd.DataFrame, column: str, make: Cell, size: int, *, everywhere: bool) -> bytes:
    """The table as CSV with hostile cells of so many bytes in all, in its first row or in every one."""
    cells = table[column].map(str).astype(object)
    places = range(len(table)) if everywhere else range(min(1, len(table)))
    for row in places:
        cells.iloc[row] = make(cells.iloc[row], size // len(places))
    return csv(table.assign(**{column: cells}))


def with_values(table: pd.DataFrame, rng: random.Random) -> bytes:
    """The table with some cells of some columns replaced, and perhaps rows dropped, repeated or moved."""
    table = table.astype(object).copy()
    for column in rng.sample(range(table.shape[1]), rng.randint(1, min(3, table.shape[1]))):
        rows = range(len(table)) if rng.random() < 0.3 else rng.sample(range(len(table)), rng.randint(1, len(table)))
        few = rng.sample(VALUES, 3)
        for row in rows:
            table.iat[row, column] = rng.choice(few)
    if rng.random() < 0.3:
        table = table.sample(frac=rng.choice([0.5, 1.0]), replace=rng.random() < 0.3, random_state=rng.randrange(999))
    return csv(table)


def bombs(table: pd.DataFrame, column: str, size: int) -> Iterator[tuple[str, Callable[[], bytes]]]:
    """Name and maker of every bomb of that size: of the file, and of one column."""
    for name, make in FILES.items():
        yield name, lambda make=make: make(table, size)  # type: ignore[misc]
    for name, cell in CELLS.items():
        for where, everywhere in (("the first row", False), ("every row", True)):
            yield (
                f"{name} in {where}",
                lambda m=cell, e=everywhere: with_cell(table, column, m, size, everywhere=e),  # type: ignore[misc]
            )

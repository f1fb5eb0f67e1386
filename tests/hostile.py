"""Submissions that an agent could write to learn something from the answers of the check, by class of fault."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

NUMBERS = ["nan", "", "inf", "-inf", "word", "True", "1e400", "1_0", "９", "18446744073709551616"]
BEYOND = ["-1", "0", "2", "7", "1.5", "1e300", "-1e300", "1e-320"]
STRUCTURES = """\
1|1 2|1 2 3|0 5|5 0|9 2 1 1|1 5 3 5|1 99999999|3 -1|-| |[1, 2]|a b c|1:2:3|YES NO|14 1 0 0 1 1|nan 1 0 0 1 1
1.0 0 0 0 0 0 0 0 car|1.0 nan 0 0 1 1 1 0 bus|0.5 1 1 1 -2 2 2 0 pedestrian|1 1 1 1 1 1 1 1 none 1|0 1 5 5 1 inf
opacity nan 0 0 1 1|typical inf 0 0 1 1|negative nan 0 0 1 1|none 1 0 0 nan 1|other nan 0 0 1 1
U+304D 1 x|U+304D nan 1"""

KINDS = {"file", "header", "id", "number", "range", "structure", "fields", "dropped row", "doubled row"}


class Hostile(NamedTuple):
    """A submission: its class of fault, what exactly was done, and the file's bytes."""

    kind: str
    name: str
    content: bytes


class Table(NamedTuple):
    """A submission as text, column by column."""

    header: list[str]
    rows: list[list[str]]

    @classmethod
    def read(cls, path: Path) -> Table:
        """A good submission."""
        header, *rows = csv.reader(io.StringIO(path.read_text(encoding="utf-8"), newline=""))
        return cls(header, rows)

    def content(self) -> bytes:
        """The file."""
        text = io.StringIO()
        csv.writer(text, lineterminator="\n").writerows([self.header, *self.rows])
        return text.getvalue().encode()

    def with_cell(self, row: int, column: int, cell: str) -> Table:
        """One cell changed."""
        rows = list(self.rows)
        rows[row] = [cell if k == column else old for k, old in enumerate(rows[row])]
        return Table(self.header, rows)


def hostile(good: Table, ids: Sequence[str], rows: Sequence[int]) -> Iterator[Hostile]:
    """Submissions made of a good one.

    Args:
        good: A valid submission.
        ids: Names of its id columns.
        rows: Numbers of the rows in which faults are tried, one at a time.
    """
    keys = [good.header.index(i) for i in ids if i in good.header]
    targets = [k for k in range(len(good.header)) if k not in keys]
    yield from _files(good)
    yield from _headers(good)
    for row in rows:
        yield from _ids(good, keys, row)
        for kind, cells in (
            ("number", NUMBERS),
            ("range", BEYOND),
            ("structure", [*re.split(r"[|\n]", STRUCTURES), "x" * 300]),
        ):
            for cell in cells:
                yield Hostile(kind, f"{cell[:30]!r} in row {row}", good.with_cell(row, targets[0], cell).content())
        if len(targets) > 1:
            yield Hostile("number", f"last column empty in row {row}", good.with_cell(row, targets[-1], "").content())
        yield from _fields(good, row)
        dropped = Table(good.header, good.rows[:row] + good.rows[row + 1 :])
        yield Hostile("dropped row", str(row), dropped.content())
        doubled = Table(good.header, [*good.rows[: row + 1], *good.rows[row:]])
        yield Hostile("doubled row", str(row), doubled.content())
        other = (row + 1) % len(good.rows)
        instead = [good.rows[row] if k == other else r for k, r in enumerate(good.rows)]
        yield Hostile("doubled row", f"{row} in place of {other}", Table(good.header, instead).content())


def _files(good: Table) -> Iterator[Hostile]:
    content = good.content()
    for name, changed in {
        "empty": b"",
        "header alone": content.partition(b"\n")[0] + b"\n",
        "as it is": content,
        "gzip": b"\x1f\x8b" + content,
        "not UTF-8": content + b"\xff\n",
        "NUL": content + b"\x00\n",
        "open quote": content + b'"',
    }.items():
        yield Hostile("file", name, changed)


def _headers(good: Table) -> Iterator[Hostile]:
    header = good.header
    for k, name in enumerate(header[:4]):
        for what, names in {
            f"without {name}": [*header[:k], *header[k + 1 :]],
            f"{name} in capitals": [*header[:k], name.swapcase(), *header[k + 1 :]],
            f"{name} twice": [*header[:k], name, *header[k:]],
        }.items():
            yield Hostile("header", what, Table(names, good.rows).content())
    lines = good.content().partition(b"\n")
    for what, changed in {
        "semicolons": lines[0].replace(b",", b";"),
        "byte order mark": b"\xef\xbb\xbf" + lines[0],
        "further column": lines[0] + b",more",
        "columns turned": b",".join(reversed(lines[0].split(b","))),
    }.items():
        yield Hostile("header", what, changed + b"\n" + lines[2])
    yield Hostile("header", "none", lines[2])


def _ids(good: Table, keys: list[int], row: int) -> Iterator[Hostile]:
    for key in keys:
        for cell in ("", "foreign", "0", "-1", "nan", good.rows[row][key] + " ", "0" + good.rows[row][key]):
            yield Hostile("id", f"{cell!r} in row {row}", good.with_cell(row, key, cell).content())


def _fields(good: Table, row: int) -> Iterator[Hostile]:
    for what, cells in {"more": [*good.rows[row], "1"], "fewer": good.rows[row][:-1]}.items():
        rows = [cells if k == row else r for k, r in enumerate(good.rows)]
        yield Hostile("fields", f"{what} in row {row}", Table(good.header, rows).content())

"""Tables of text, read without a library for data: only as far as is needed to compare columns."""

from __future__ import annotations

import csv
from dataclasses import dataclass

MOST_ROWS, MOST_COLUMNS = 200_000, 200


@dataclass(frozen=True)
class Table:
    """The head and the rows of a CSV file, or of its beginning."""

    names: tuple[str, ...]
    rows: list[list[str]]

    def column(self, number: int) -> list[str]:
        """The cells of one column; shorter rows have empty ones."""
        return [row[number] if number < len(row) else "" for row in self.rows]


def table_of(text: str) -> Table | None:
    """Reads a CSV text; None where it is none."""
    rows: list[list[str]] = []
    try:
        for row in csv.reader(text.replace("\0", "").splitlines()):
            if row:
                rows.append(row[:MOST_COLUMNS])
            if len(rows) > MOST_ROWS:
                break
    except csv.Error:
        pass
    return Table(tuple(rows[0]), rows[1:]) if len(rows) > 1 else None


def same(these: list[str], those: list[str]) -> bool:
    """Whether two columns hold the same, numbers as numbers."""
    return len(these) == len(those) and all(_plain(a) == _plain(b) for a, b in zip(these, those, strict=True))


def _plain(cell: str) -> str:
    cell = cell.strip()
    try:
        return repr(float(cell))
    except ValueError:
        return cell.lower()

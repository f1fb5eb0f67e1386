"""A submission as header and cells, from which forms are made."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Sheet:
    """Header and rows of a CSV file, all cells as text.

    Args:
        header: Names of the columns.
        rows: Cells.
        ids: Names of the columns that say what a row is of.
        targets: Names of the columns with predictions.
    """

    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    ids: tuple[str, ...]
    targets: tuple[str, ...]

    @classmethod
    def read(cls, text: str, ids: list[str], targets: list[str]) -> Sheet:
        """Parses CSV text."""
        header, *rows = (tuple(row) for row in csv.reader(io.StringIO(text, newline="")) if row)
        return cls(header, tuple(rows), tuple(ids), tuple(targets))

    def text(self, separator: str = ",", quoting: int = csv.QUOTE_MINIMAL, quote: str = '"', end: str = "\n") -> str:
        """Writes CSV text."""
        buffer = io.StringIO(newline="")
        writer = csv.writer(buffer, delimiter=separator, quoting=quoting, quotechar=quote, lineterminator=end)  # type: ignore[arg-type]
        writer.writerow(self.header)
        writer.writerows(self.rows)
        return buffer.getvalue()

    def bytes(self) -> bytes:
        """As a file holds it."""
        return self.text().encode()

    def place(self, column: str) -> int:
        """Index of a column."""
        return self.header.index(column)

    def cells(self, column: str) -> tuple[str, ...]:
        """A column's cells."""
        place = self.place(column)
        return tuple(row[place] for row in self.rows)

    def with_header(self, header: tuple[str, ...] | list[str]) -> Sheet:
        """The same rows under another header."""
        return Sheet(tuple(header), self.rows, self.ids, self.targets)

    def with_rows(self, rows: tuple[tuple[str, ...], ...] | list[tuple[str, ...]]) -> Sheet:
        """Other rows under the same header."""
        return Sheet(self.header, tuple(rows), self.ids, self.targets)

    def with_column(self, column: str, cells: tuple[str, ...] | list[str]) -> Sheet:
        """Another content of one column."""
        place = self.place(column)
        changed = ((*row[:place], cell, *row[place + 1 :]) for row, cell in zip(self.rows, cells, strict=True))
        return self.with_rows(tuple(changed))

    def with_cell(self, row: int, column: str, cell: str) -> Sheet:
        """Another content of one cell; negative rows count from the end."""
        cells = list(self.cells(column))
        cells[row] = cell
        return self.with_column(column, cells)

    def mapped(self, columns: tuple[str, ...], change: Callable[[str], str]) -> Sheet:
        """Each cell of some columns changed."""
        sheet = self
        for column in columns:
            sheet = sheet.with_column(column, [change(cell) for cell in sheet.cells(column)])
        return sheet

    def with_columns(self, columns: list[str]) -> Sheet:
        """These columns in this order."""
        places = [self.place(column) for column in columns]
        rows = tuple(tuple(row[place] for place in places) for row in self.rows)
        return Sheet(tuple(columns), rows, self.ids, self.targets)

    def with_new(self, column: str, cells: list[str], place: int) -> Sheet:
        """One more column."""
        rows = tuple((*row[:place], cell, *row[place:]) for row, cell in zip(self.rows, cells, strict=True))
        return Sheet((*self.header[:place], column, *self.header[place:]), rows, self.ids, self.targets)

"""Forms of the ids: other ways to write them, missing, foreign and repeated ones, other orders."""

from __future__ import annotations

from collections.abc import Callable

from forms.sheet import Sheet


def ids(sheet: Sheet, sample: Sheet) -> dict[str, bytes]:
    """Submissions whose ids or rows differ."""
    return _written(sheet) | _single(sheet) | _repeated(sheet) | _missing(sheet) | _orders(sheet, sample)


def _written(sheet: Sheet) -> dict[str, bytes]:
    changes: dict[str, Callable[[str], str]] = {
        "as floats": lambda cell: f"{cell}.0",
        "as exponents": lambda cell: f"{cell}e0",
        "padded with zeros": lambda cell: f"000{cell}",
        "without leading zeros": lambda cell: cell.lstrip("0") or "0",
        "plus signs": lambda cell: f"+{cell}",
        "negative": lambda cell: f"-{cell}",
        "blank in front": lambda cell: f" {cell}",
        "blank behind": lambda cell: f"{cell} ",
        "upper case": str.upper,
        "lower case": str.lower,
        "triple quotes": lambda cell: f'"{cell}"',
        "single quotes": lambda cell: f"'{cell}'",
        "without ending": lambda cell: cell.rsplit(".", 1)[0],
        "with .jpg": lambda cell: f"{cell}.jpg",
        "with a folder": lambda cell: f"test/{cell}",
        "without prefix": lambda cell: cell.rsplit("_", 1)[-1],
        "beyond 64 bits": lambda cell: f"{2**70}{cell}",
        "empty": lambda _: "",
        "all the same": lambda _: sheet.cells(sheet.ids[0])[0],
        "one more": _next,
    }
    return {name: sheet.mapped(sheet.ids[:1], change).bytes() for name, change in changes.items()}


def _next(cell: str) -> str:
    return str(int(cell) + 1) if cell.isdigit() else f"{cell}1"


def _single(sheet: Sheet) -> dict[str, bytes]:
    cells = {
        "foreign": "foreign",
        "empty": "",
        "blank": " ",
        "NA": "NA",
        "2^64": str(2**64),
        "2^70": str(2**70),
        "1e400": "1e400",
        "-1": "-1",
        "True": "True",
        "as float": f"{sheet.cells(sheet.ids[-1])[0]}.0",
        "with a blank": f"{sheet.cells(sheet.ids[-1])[0]} ",
    }
    column = sheet.ids[-1]
    found = {}
    for name, cell in cells.items():
        found[f"first {name}"] = sheet.with_cell(0, column, cell).bytes()
        found[f"row with id {name} added"] = _added(sheet, cell).bytes()
    found["last foreign"] = sheet.with_cell(-1, column, "foreign").bytes()
    found["foreign row in front"] = sheet.with_rows((_added(sheet, "foreign").rows[-1], *sheet.rows)).bytes()
    return found


def _added(sheet: Sheet, cell: str) -> Sheet:
    return sheet.with_rows((*sheet.rows, sheet.rows[0])).with_cell(-1, sheet.ids[-1], cell)


def _repeated(sheet: Sheet) -> dict[str, bytes]:
    rows, first, last = sheet.rows, sheet.rows[0], sheet.rows[-1]
    other_first = _values_of(sheet, first, rows[1])
    other_last = _values_of(sheet, last, first)
    found = {
        "first repeated behind": (*rows, first),
        "first repeated at once": (first, *rows),
        "first repeated with another value": (*rows, other_first),
        "first repeated before with another value": (other_first, *rows),
        "last repeated": (*rows, last),
        "last repeated with another value": (*rows, other_last),
        "second row twice and first missing": (rows[1], *rows[1:]),
        "first row twice and last missing": (*rows[:-1], first),
        "first twice with another value and last missing": (*rows[:-1], other_first),
        "whole table doubled": rows * 2,
        "each row doubled": tuple(row for row in rows for _ in range(2)),
        "first row alone as often": (first,) * len(rows),
    }
    return {name: sheet.with_rows(rows).bytes() for name, rows in found.items()}


def _values_of(sheet: Sheet, row: tuple[str, ...], other: tuple[str, ...]) -> tuple[str, ...]:
    """A row with the values of another."""
    kept = {sheet.place(column) for column in sheet.ids}
    return tuple(cell if place in kept else other[place] for place, cell in enumerate(row))


def _missing(sheet: Sheet) -> dict[str, bytes]:
    rows = sheet.rows
    found = {
        "first missing": rows[1:],
        "last missing": rows[:-1],
        "all but the first missing": rows[:1],
        "all but the last missing": rows[-1:],
        "every second missing": rows[::2],
    }
    return {name: sheet.with_rows(rows).bytes() for name, rows in found.items()}


def _orders(sheet: Sheet, sample: Sheet) -> dict[str, bytes]:
    rows, places = sheet.rows, [sheet.place(column) for column in sheet.ids]
    found = {
        "reversed": rows[::-1],
        "sorted": tuple(sorted(rows, key=lambda row: [row[place] for place in places])),
        "sorted downwards": tuple(sorted(rows, key=lambda row: [row[place] for place in places], reverse=True)),
        "even rows first": rows[::2] + rows[1::2],
        "last row first": rows[-1:] + rows[:-1],
        "sorted by prediction": tuple(sorted(rows, key=lambda row: row[sheet.place(sheet.targets[0])])),
        "order of the sample submission": _like(sheet, sample),
    }
    rotated = sheet
    for column in sheet.ids:
        cells = rotated.cells(column)
        rotated = rotated.with_column(column, cells[1:] + cells[:1])
    return {name: sheet.with_rows(rows).bytes() for name, rows in found.items()} | {"rotated": rotated.bytes()}


def _like(sheet: Sheet, sample: Sheet) -> tuple[tuple[str, ...], ...]:
    order = list(zip(*(sample.cells(column) for column in sheet.ids), strict=True))
    keys = list(zip(*(sheet.cells(column) for column in sheet.ids), strict=True))
    known = [
        row
        for _, row in sorted((order.index(key), row) for key, row in zip(keys, sheet.rows, strict=True) if key in order)
    ]
    return tuple(known) + tuple(row for key, row in zip(keys, sheet.rows, strict=True) if key not in order)

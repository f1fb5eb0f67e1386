"""Forms of the columns and of the fields in rows."""

from __future__ import annotations

from collections.abc import Callable

from forms.sheet import Sheet


def columns(sheet: Sheet, sample: Sheet) -> dict[str, bytes]:
    """Submissions whose columns differ, or whose predictions are plain ones."""
    return _columns(sheet) | _fields(sheet) | _predictions(sheet, sample)


def _columns(sheet: Sheet) -> dict[str, bytes]:
    names, count = list(sheet.header), len(sheet.rows)
    index = [str(row) for row in range(count)]
    found = {
        "reversed": sheet.with_columns(names[::-1]),
        "last in front": sheet.with_columns([names[-1], *names[:-1]]),
        "ids at the end": sheet.with_columns([n for n in names if n not in sheet.ids] + list(sheet.ids)),
        "ids alone": sheet.with_columns(list(sheet.ids)),
        "targets alone": sheet.with_columns(list(sheet.targets)),
        "index in front without name": sheet.with_new("", index, 0),
        "index in front": sheet.with_new("index", index, 0),
        "Unnamed: 0 in front": sheet.with_new("Unnamed: 0", index, 0),
        "index behind": sheet.with_new("index", index, len(names)),
        "words behind": sheet.with_new("note", ["word"] * count, len(names)),
        "empty one behind": sheet.with_new("note", [""] * count, len(names)),
        "first target twice": sheet.with_new(sheet.targets[0], list(sheet.cells(sheet.targets[0])), len(names)),
        "first target twice with the other in front": sheet.with_new(sheet.targets[0], index, 0),
        "first id twice": sheet.with_new(sheet.ids[0], list(sheet.cells(sheet.ids[0])), len(names)),
        "first id twice with the other in front": sheet.with_new(sheet.ids[0], index, 0),
        "target too many": sheet.with_new("more", list(sheet.cells(sheet.targets[0])), len(names)),
    }
    for column in (sheet.ids + sheet.targets)[:8]:
        found[f"{column} missing"] = sheet.with_columns([name for name in names if name != column])
    return {name: form.bytes() for name, form in found.items()}


def _fields(sheet: Sheet) -> dict[str, bytes]:
    rows = sheet.rows
    head, *lines = sheet.text().splitlines()
    found = {
        "field too many in all rows": [(*row, "1") for row in rows],
        "field too many in front of all rows": [("1", *row) for row in rows],
        "two fields too many in all rows": [(*row, "1", "2") for row in rows],
        "field too many in the first row": [(*rows[0], "1"), *rows[1:]],
        "field too many in the last row": [*rows[:-1], (*rows[-1], "1")],
        "empty field too many in the first row": [(*rows[0], ""), *rows[1:]],
        "empty field too many in the last row": [*rows[:-1], (*rows[-1], "")],
        "field too few in the first row": [rows[0][:-1], *rows[1:]],
        "field too few in the last row": [*rows[:-1], rows[-1][:-1]],
        "field too few in all rows": [row[:-1] for row in rows],
        "first field alone in the last row": [*rows[:-1], rows[-1][:1]],
    }
    numbered = "\n".join([head, *(f"{place},{line}" for place, line in enumerate(lines))])
    return {name: sheet.with_rows(rows).bytes() for name, rows in found.items()} | {
        "index in front but not in the header": numbered.encode()
    }


def _predictions(sheet: Sheet, sample: Sheet) -> dict[str, bytes]:
    first, swapped = sheet.targets[0], sheet.ids[0]
    first_like_id = sheet.with_column(first, list(sheet.cells(swapped)))
    rotated = [name if name not in sheet.targets else _next(sheet, name) for name in sheet.header]
    found = {
        "targets rotated": sheet.with_header(rotated),
        "cells of the targets rotated": sheet.with_columns(rotated).with_header(sheet.header),
        "first target like the id": first_like_id,
        "ids and targets swapped": first_like_id.with_column(swapped, list(sheet.cells(first))),
        "first prediction for all": _each(sheet, lambda cells: cells[:1] * len(cells)),
        "last prediction for all": _each(sheet, lambda cells: cells[-1:] * len(cells)),
        "predictions reversed": _each(sheet, lambda cells: cells[::-1]),
        "all targets like the first": _each(sheet, lambda _: sheet.cells(first)),
    }
    if sample.header == sheet.header:
        found["sample submission without its layout"] = sheet.with_rows(sample.rows)
    return {name: form.bytes() for name, form in found.items()}


def _each(sheet: Sheet, change: Callable[[tuple[str, ...]], tuple[str, ...]]) -> Sheet:
    """Each column of predictions changed as a whole."""
    for column in sheet.targets:
        sheet = sheet.with_column(column, change(sheet.cells(column)))
    return sheet


def _next(sheet: Sheet, column: str) -> str:
    place = sheet.targets.index(column)
    return sheet.targets[(place + 1) % len(sheet.targets)]

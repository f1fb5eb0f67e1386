"""Forms of predictions that are several words in one cell: other blanks, words missing, repeated or odd."""

from __future__ import annotations

from collections.abc import Callable

from forms.sheet import Sheet

CHANGES: dict[str, Callable[[list[str]], list[str]]] = {
    "reversed": lambda words: words[::-1],
    "first missing": lambda words: words[1:],
    "last missing": lambda words: words[:-1],
    "last two missing": lambda words: words[:-2],
    "first alone": lambda words: words[:1],
    "first repeated in front": lambda words: words[:1] + words,
    "first repeated behind": lambda words: words + words[:1],
    "all repeated": lambda words: words * 2,
    "each repeated": lambda words: [word for word in words for _ in range(2)],
    "repeated 20 times": lambda words: words * 20,
    "first two exchanged": lambda words: words[1::-1] + words[2:],
    "a word behind": lambda words: [*words, "word"],
    "a word in front": lambda words: ["word", *words],
    "1 1 behind": lambda words: [*words, "1", "1"],
    "0 1 in front": lambda words: ["0", "1", *words],
    "99999 1 behind": lambda words: [*words, "99999", "1"],
    "upper case": lambda words: [word.upper() for word in words],
    "as floats": lambda words: [f"{word}.0" if word.isdigit() else word for word in words],
    "with zeros in front": lambda words: [f"0{word}" if word.isdigit() else word for word in words],
    "negative": lambda words: [f"-{word}" if word.isdigit() else word for word in words],
    "plus signs": lambda words: [f"+{word}" if word.isdigit() else word for word in words],
    "underscores": lambda words: [f"{word[0]}_{word[1:]}" if word[1:].isdigit() else word for word in words],
    "nan last": lambda words: [*words[:-1], "nan"],
    "inf last": lambda words: [*words[:-1], "inf"],
    "10^15 last": lambda words: [*words[:-1], str(10**15)],
    "0 last": lambda words: [*words[:-1], "0"],
}
JOINS = {
    "two blanks": "  ",
    "tabs": "\t",
    "commas": ",",
    "commas and blanks": ", ",
    "newlines": "\n",
    "no-break spaces": "\u00a0",
    "nothing": "",
}


def tokens(sheet: Sheet, _sample: Sheet) -> dict[str, bytes]:
    """Submissions with other words in the cells of targets that hold several; none where there are no such cells."""
    column = next((name for name in sheet.targets if any(" " in cell for cell in sheet.cells(name))), None)
    if column is None:
        return {}
    place = next(row for row, cell in enumerate(sheet.cells(column)) if " " in cell)
    found = {}
    for name, change in CHANGES.items():
        changed = [" ".join(change(cell.split(" "))) if cell else cell for cell in sheet.cells(column)]
        found[f"{name} in all rows"] = sheet.with_column(column, changed)
        found[f"{name} in one row"] = sheet.with_cell(place, column, changed[place])
    for name, sign in JOINS.items():
        found[f"{name} between"] = sheet.mapped((column,), lambda cell, sign=sign: cell.replace(" ", sign))  # type: ignore[misc]
    return {name: form.bytes() for name, form in found.items()}

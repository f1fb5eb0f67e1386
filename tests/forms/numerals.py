"""Forms of the predictions: numbers as no one writes them, words, truth values, missing ones."""

from __future__ import annotations

import math
from collections.abc import Callable

from forms.sheet import Sheet

LITERALS = {
    "1e400": "1e400",
    "-1e400": "-1e400",
    "1e300": "1e300",
    "1e-400": "1e-400",
    "1_000": "1_000",
    "2^63": str(2**63),
    "2^64": str(2**64),
    "below -2^63": str(-(2**63) - 1),
    "30 digits": "9" * 30,
    "-0": "-0",
    "-0.0": "-0.0",
    "0x10": "0x10",
    ".5": ".5",
    "5.": "5.",
    "+1": "+1",
    "1d0": "1d0",
    "1,5": "1,5",
    "1,000": "1,000",
    "blank and 1": " 1",
    "1 and blank": "1 ",
    "tab and 1": "\t1",
    "inf": "inf",
    "-inf": "-inf",
    "Infinity": "Infinity",
    "nan": "nan",
    "NA": "NA",
    "NULL": "NULL",
    "None": "None",
    "#N/A": "#N/A",
    "empty": "",
    "blank": " ",
    "True": "True",
    "False": "False",
    "true": "true",
    "0": "0",
    "1": "1",
    "2": "2",
    "-1": "-1",
    "0.5": "0.5",
    "1.0": "1.0",
    "1.5": "1.5",
    "99": "99",
    "1e-7": "1e-7",
    "word": "word",
    "10 kB of text": "x" * 10_000,
    "10 kB of digits": "1" * 10_000,
    "Arabic digit": "\u0661",
    "fullwidth digit": "\uff11",
    "percent": "50%",
    "dollar": "$1",
    "minus sign": "\u22121",
    "fraction": "1/2",
    "complex": "1+2j",
    "bytes": "b'1'",
    "list": "[1]",
    "date": "2020-01-01",
}
"""Name of the form to the cell's text."""

IN_THE_LAST_ROW = ("1e400", "1_000", "2^63", "2^64", "below -2^63", "0x10", "inf", "nan", "None", "empty", "blank")
IN_THE_LAST_ROW += ("-1", "True", "0.5", "word", "10 kB of text")  # type: ignore[assignment]


def numerals(sheet: Sheet, _sample: Sheet) -> dict[str, bytes]:
    """Submissions with other texts for their predictions: in the first row, in the last, in all of one column."""
    first, last = sheet.targets[0], sheet.targets[-1]
    found = {}
    for name, literal in LITERALS.items():
        found[f"{name} in first row"] = sheet.with_cell(0, first, literal).bytes()
        if name in IN_THE_LAST_ROW:
            found[f"{name} in last row"] = sheet.with_cell(-1, last, literal).bytes()
        found[f"{name} in all rows"] = sheet.mapped((first,), lambda _, literal=literal: literal).bytes()  # type: ignore[misc]
    return found | _written(sheet) | _mixed(sheet)


def _written(sheet: Sheet) -> dict[str, bytes]:
    """The same values written in another way, and values beside them."""
    changes: dict[str, Callable[[float], str]] = {
        "as floats": lambda number: repr(float(number)),
        "as whole numbers": lambda number: str(round(number)),
        "cut to whole numbers": lambda number: str(int(number)),
        "halves": lambda number: str(number + 0.5),
        "negative": lambda number: str(-number),
        "times 100": lambda number: str(number * 100),
        "exponents": lambda number: f"{number:.17e}",
        "capital exponents": lambda number: f"{number:.17E}",
        "20 decimals": lambda number: f"{number:.20f}",
        "2 decimals": lambda number: f"{number:.2f}",
        "plus signs": lambda number: f"{number:+}",
        "leading zeros": lambda number: f"{number:020}",
        "decimal commas": lambda number: str(number).replace(".", ","),
        "percents": lambda number: f"{number * 100}%",
        "truth values": lambda number: str(number > 0.5),
        "zeros and ones": lambda number: str(int(number > 0.5)),
        "a bit more": lambda number: str(number + 1e-9),
    }
    found = {f"all {name}": sheet.mapped(sheet.targets, _if_number(change)).bytes() for name, change in changes.items()}
    texts = {
        "blank in front": lambda cell: f" {cell}",
        "blank behind": lambda cell: f"{cell} ",
        "single quotes": lambda cell: f"'{cell}'",
        "triple quotes": lambda cell: f'"{cell}"',
        "upper case": str.upper,
        "lower case": str.lower,
        "brackets": lambda cell: f"[{cell}]",
    }
    return found | {f"all {name}": sheet.mapped(sheet.targets, change).bytes() for name, change in texts.items()}


def _mixed(sheet: Sheet) -> dict[str, bytes]:
    cells = {
        "True and False": ("True", "False"),
        "truth values and words": ("True", "False", "word"),
        "truth values and numbers": ("True", "0.5"),
        "truth values and a gap": ("True", "False", "True", ""),
        "numbers and words": ("1", "word"),
        "whole numbers and halves": ("1", "0.5"),
        "2^63 and -1": (str(2**63), "-1"),
        "0 and 1": ("0", "1"),
        "0 and 1e400": ("0", "1e400"),
        "inf and -inf": ("inf", "-inf"),
        "yes and no": ("yes", "no"),
        "missing in several ways": ("", "NA", "nan", "null"),
    }
    column, count = sheet.targets[0], len(sheet.rows)
    return {
        name: sheet.with_column(column, [texts[row % len(texts)] for row in range(count)]).bytes()
        for name, texts in cells.items()
    }


def _if_number(change: Callable[[float], str]) -> Callable[[str], str]:
    """Applies to cells that are numbers."""

    def changed(cell: str) -> str:
        try:
            number = float(cell)
        except ValueError:
            return cell
        if not math.isfinite(number):
            return cell
        return change(int(cell) if cell.lstrip("-").isdigit() else number)

    return changed

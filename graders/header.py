"""What may be wrong with a header that lacks columns."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

SHOWN = 200
SEPARATORS = {";": "semicolons", "\t": "tabs", "|": "bars"}
BYTE_ORDER_MARK = "\ufeff"


def header_found(columns: Iterable[object], missing: Sequence[str]) -> str:
    """The header as far as it fits into a message, and the likely reason why columns are missing from it.

    Args:
        columns: The names that were found.
        missing: Those of the wanted names that were not.
    """
    names = [str(c) for c in columns]
    header = ",".join(names)
    shown = repr(header[:SHOWN]) + (f"... ({len(header):,} characters)" if len(header) > SHOWN else "")
    cause = _likely_cause(names, missing)
    return f"{shown} ({cause})" if cause else shown


def _likely_cause(names: list[str], missing: Sequence[str]) -> str | None:
    found, lacking = set(names), set(missing)

    def met(plain: Iterable[str]) -> bool:
        return bool(lacking & set(plain))

    if len(names) == 1:
        for separator, word in SEPARATORS.items():
            if separator in names[0]:
                return f"it is separated by {word}; separate columns by commas"
    if any(BYTE_ORDER_MARK in n for n in names):
        return "it begins with a byte order mark; leave that out"
    if met(n.strip(" \t\r\"'") for n in found):
        return "there are blanks or quotes around names; leave them out"
    if {n.casefold().strip() for n in found} & {m.casefold() for m in lacking}:
        return "upper and lower case count"
    if any(_is_number(n) for n in names):
        return "the first line looks like a row of predictions; put the header before it"
    return None


def _is_number(name: str) -> bool:
    try:
        float(name)
    except ValueError:
        return False
    return True

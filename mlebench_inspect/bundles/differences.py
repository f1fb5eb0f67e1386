"""Comparing what is stated with what was found."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

TOLERANCE = 0.5e-5
"""Numbers agree to five decimals, as scores have."""


class Difference(NamedTuple):
    """A value that is not what it is said to be."""

    place: str
    stated: Any
    found: Any

    def __str__(self) -> str:
        return f"{self.place} is {_short(self.found)}, stated as {_short(self.stated)}"


def _short(value: Any) -> str:
    text = str(value)
    return text if len(text) <= 80 else f"{text[:77]}..."


def differences(stated: Any, found: Any, place: str = "") -> Iterator[Difference]:
    """The places in which two values of plain data differ.

    Args:
        stated: What is said.
        found: What is so.
        place: What the values are called; what ends with a blank stands before the name of each part.
    """
    if isinstance(stated, Mapping) and isinstance(found, Mapping):
        for key in sorted({*stated, *found}):
            inner = f"{place}.{key}" if place and not place.endswith(" ") else f"{place}{key}"
            yield from differences(stated.get(key), found.get(key), inner)
    elif isinstance(stated, list) and isinstance(found, list) and len(stated) == len(found):
        for number, (one, other) in enumerate(zip(stated, found, strict=True)):
            yield from differences(one, other, f"{place}[{_title(found[number]) or number}]")
    elif not _agree(stated, found):
        yield Difference(place, stated, found)


def _title(value: Any) -> str:
    return str(value.get("competition_id") or "") if isinstance(value, Mapping) else ""


def _agree(stated: Any, found: Any) -> bool:
    if _is_number(stated) and _is_number(found):
        return bool(stated == found or abs(stated - found) <= TOLERANCE)
    return type(stated) is type(found) and bool(stated == found)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)

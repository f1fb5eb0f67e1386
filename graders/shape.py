"""The shape of a CSV file, found without parsing it: what makes a parser choke is seen before it begins.

The file is looked at where it lies, in the pages that the system keeps of it, so nothing here takes memory of its own.
"""

from __future__ import annotations

import mmap
import re
from pathlib import Path
from typing import NamedTuple

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_BLANK_LINES = re.compile(rb"(?:[ \t]*+[\r\n]++)*+(?:[ \t]++\Z)?+")
# Only a field that begins with a quote is quoted; behind the closing one it goes on as a plain one.
_FIELD = re.compile(rb'(?:"(?:[^"]++|"")*+"?+)?+[^,\r\n]*+')
_BLOCK = 1 << 22


class Shape(NamedTuple):
    """What a file is like before it is parsed."""

    bytes: int
    header_fields: int
    """0 where the file holds no record at all."""
    header_bytes: int
    first_row_fields: int
    """0 where there is none."""
    lines: int
    """Ends of lines, those in quotes and those of blank lines too."""


def shape_of(path: Path, *, most_fields: int = 1 << 20) -> Shape:
    """Finds header and first row as pandas does, which skips blank lines and heeds quotes.

    Args:
        path: A regular file.
        most_fields: No record is followed beyond so many fields.
    """
    size = path.stat().st_size
    if not size:
        return Shape(0, 0, 0, 0, 0)
    with open(path, "rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as text:
        begin = len(_BYTE_ORDER_MARK) if text[:3] == _BYTE_ORDER_MARK else 0
        header, begin, end = _record(text, begin, most_fields)
        row, _, _ = _record(text, end, most_fields) if header <= most_fields else (0, 0, 0)
        return Shape(size, header, end - begin, row, _lines(text))


def _record(text: mmap.mmap, position: int, most: int) -> tuple[int, int, int]:
    """Number of fields of the next record, where it begins, and where its last field ends."""
    blank = _BLANK_LINES.match(text, position)
    begin = position = blank.end() if blank else position
    fields = 0
    while position < len(text) and fields <= most:
        field = _FIELD.match(text, position)
        fields, position = fields + 1, field.end() if field else position
        if text[position : position + 1] != b",":
            return fields, begin, position
        position += 1
    return fields + (text[position - 1 : position] == b","), begin, position


def _lines(text: mmap.mmap) -> int:
    feeds = returns = 0
    for begin in range(0, len(text), _BLOCK):
        block = text[begin : begin + _BLOCK]
        feeds, returns = feeds + block.count(b"\n"), returns + block.count(b"\r")
    return max(feeds, returns)

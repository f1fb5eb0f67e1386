"""Showing text that an agent or an archive may have chosen: as text, whatever it holds."""

from __future__ import annotations

import re
from typing import Any

# Whatever can begin or end a piece of markdown or HTML. An underscore within a word and a bracket without an address
# cannot, and names and lists of columns are full of them.
_ACTIVE = re.compile(r"[&<>`*|~$\\]|(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])|\](?=[(\[:])|!(?=\[)|\[(?=\^)")
_AT_THE_START = re.compile(r"^(?:[#=+-]+|[0-9]+[.)])(?= |$)")
_NAMED = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}


def without_surrogates(value: Any) -> Any:
    """Data in which no text holds half of a character (a lone surrogate), which no file can hold."""
    if isinstance(value, str):
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(value, list | tuple):
        return [without_surrogates(v) for v in value]
    if isinstance(value, dict):
        return {without_surrogates(k): without_surrogates(v) for k, v in value.items()}
    return value


def printable(text: str) -> str:
    """The text with what cannot be printed, such as a terminal's commands, as its number; lines stay lines."""
    return "".join(c if c.isprintable() or c == "\n" else c.encode("unicode_escape").decode() for c in text)


def one_line(text: str) -> str:
    """The printable text with every run of white space as one space."""
    return printable(" ".join(text.split()))


def as_markdown(text: str) -> str:
    """Markdown that shows the text as it is, in one line: no tag, link, picture, table, emphasis or formula.

    Args:
        text: Anything.
    """
    escaped = _ACTIVE.sub(_reference, one_line(text))
    return _AT_THE_START.sub(lambda m: m[0][:-1] + f"&#{ord(m[0][-1])};", escaped)


def _reference(found: re.Match[str]) -> str:
    return _NAMED.get(found[0], f"&#{ord(found[0])};")

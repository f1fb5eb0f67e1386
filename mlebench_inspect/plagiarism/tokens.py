"""Python as a sequence of tokens in which names and literals are alike, so that renaming hides no copy."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from typing import NamedTuple

from pygments.lexers.python import PythonLexer
from pygments.token import Comment, Name, Number, String, Text, _TokenType

MAX_CODE = 1 << 20
"""Characters of one file."""
MAX_SECONDS = 20.0
"""For one file; the worst of that size takes some ten."""
MOST_OF_AN_IMPORT = 400
"""Tokens; what is longer, as behind a bracket that nothing closes, is none."""
NAME, STRING, NUMBER = "n", "s", "0"

# pygments takes quadratic time over spaces behind `match`, and recurses over `match match ...`: there it is a name
_SOFT_KEYWORDS = re.compile(r"^([ \t]*)(?:match|case)\b", re.MULTILINE)
_SPACES = re.compile(r"[^\S\n]{9,}")
LINE_ENDS = re.compile(r"\r\n?")


class Token(NamedTuple):
    """One token."""

    kind: str
    """Its text; `n`, `s`, `0` for any name, string, number."""
    line: int
    """From 1."""


class Unreadable(ValueError):
    """No tokens can be had of a file. The message says why."""


def tokens_of(code: str) -> list[Token]:
    """The tokens of Python code, which need not be valid; without comments, docstrings, white space and imports.

    Raises:
        Unreadable: It is too long, or takes too long.
    """
    if len(code) > MAX_CODE:
        raise Unreadable(f"it has {len(code):,} characters; at most {MAX_CODE:,} are compared")
    found: list[Token] = []
    for statement in _statements(code):
        if statement[0].kind not in ("import", "from") or len(statement) > MOST_OF_AN_IMPORT:
            found += statement
    return found


def _statements(code: str) -> Iterator[list[Token]]:
    """The tokens by statement: up to a line's end or a semicolon outside of brackets."""
    statement: list[Token] = []
    depth = 0
    for token in _lexed(code):
        if token.kind in ("\n", ";") and depth <= 0:
            if statement:
                yield statement
            statement, depth = [], 0
            continue
        if token.kind == "\n":
            continue
        depth += (token.kind in "([{") - (token.kind in ")]}")
        if not (token.kind == STRING and statement and statement[-1].kind == STRING):  # the pieces of a string are one
            statement.append(token)
    if statement:
        yield statement


def _lexed(code: str) -> Iterator[Token]:
    """All that counts, and line ends."""
    code = _SPACES.sub(" " * 8, _SOFT_KEYWORDS.sub(r"\1name", LINE_ENDS.sub("\n", code)))
    line, end = 1, time.monotonic() + MAX_SECONDS
    for number, (_, kind, text) in enumerate(PythonLexer().get_tokens_unprocessed(code)):
        if number % 4096 == 0 and time.monotonic() > end:
            raise Unreadable(f"it takes more than {MAX_SECONDS:.0f} seconds to read")
        if (word := _word(kind, text)) is not None:
            yield Token(word, line)
        elif "\n" in text and not text.startswith("\\"):  # a backslash joins lines
            yield Token("\n", line)
        line += text.count("\n")


def _word(kind: _TokenType, text: str) -> str | None:
    """What a token is compared by; None where it is left out."""
    if kind in String.Doc or kind in Comment or kind in Text:
        return None
    if kind in Name:
        return NAME
    if kind in String:
        return STRING
    if kind in Number:
        return NUMBER
    return text.strip() or None

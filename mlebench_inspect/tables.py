"""Tables of text: as many columns as there is room for, each cell whole, the same with and without colours."""

from __future__ import annotations

import os
import shutil
import sys
import textwrap
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import click

from mlebench_inspect.plain import printable

GAP = 2
LEAST = 12  # characters that are left of a cell that must be cut


@dataclass(frozen=True)
class Column:
    """One column. `rank` 0 stays whatever the width; of the others the one with the highest rank goes first."""

    name: str
    rank: int = 0
    right: bool = False
    colour: Callable[[str], str | None] = lambda cell: None


def terminal_width() -> int | None:
    """Columns of the terminal that stdout is; on a pipe what COLUMNS says, else None for no limit."""
    if sys.stdout.isatty():
        return shutil.get_terminal_size().columns
    given = os.environ.get("COLUMNS", "")
    return int(given) if given.isdecimal() and int(given) > 0 else None


ESSENTIAL = 2
"""Columns of at most this rank stay as long as names can be cut instead."""
NAME = 16
"""Characters that names keep then."""


def text_table(columns: Sequence[Column], rows: Sequence[Sequence[str]], width: int | None = None) -> str:
    """The table as lines, with a last line on what there was no room for.

    Args:
        columns: Its columns.
        rows: One cell for each column; a cell is one line.
        width: Characters of a line at most; None for no limit.
    """
    rows = [[printable(cell) for cell in row] for row in rows]
    columns = [replace(c, name=printable(c.name)) for c in columns]
    shown, lengths = _chosen(columns, rows, width)
    lines = [_line(columns, shown, lengths, [c.name for c in columns], head=True)]
    lines += [_line(columns, shown, lengths, row) for row in rows]
    hidden = [c.name for k, c in enumerate(columns) if k not in shown and any(row[k] for row in rows)]
    if hidden:
        told = wrapped(f"no room here for: {', '.join(hidden)}", width, others="  ")
        lines += [click.style(line, dim=True) for line in told.splitlines()]
    return "\n".join(lines)


def wrapped(text: str, width: int | None, *, first: str = "", others: str = "") -> str:
    """A text in lines that there is room for; words, such as paths, stay whole.

    Args:
        text: One line.
        width: Characters of a line at most; None for no limit.
        first: Before the first line.
        others: Before each further line.
    """
    if width is None:
        return first + text
    indents = {"initial_indent": first, "subsequent_indent": others}
    return "\n".join(textwrap.wrap(text, width, break_long_words=False, break_on_hyphens=False, **indents))  # type: ignore[arg-type]


def _chosen(
    columns: Sequence[Column], rows: Sequence[Sequence[str]], width: int | None
) -> tuple[list[int], dict[int, int]]:
    """Places of the columns that are shown, and their widths."""
    natural = {k: max(map(cell_len, [c.name, *(row[k] for row in rows)])) for k, c in enumerate(columns)}
    shown = [k for k in natural if not rows or any(row[k] for row in rows) or columns[k].rank == 0]

    def over() -> int:
        return sum(natural[k] for k in shown) + GAP * (len(shown) - 1) - width if width is not None else 0

    def drop(rank: int) -> None:
        while over() > 0 and any(columns[k].rank > rank for k in shown):
            shown.remove(max(shown, key=lambda k: (columns[k].rank, k)))

    def shrink(least: Callable[[int], int]) -> None:
        """Takes from the widest until the next is as wide, and so on."""
        while over() > 0 and (wide := [k for k in shown if natural[k] > least(k)]):
            widest = max(wide, key=lambda k: natural[k])
            following = max((natural[k] for k in wide if natural[k] < natural[widest]), default=0)
            natural[widest] = max(natural[widest] - over(), min(following, natural[widest] - 1), least(widest))

    cells = {k: max([LEAST, *(cell_len(row[k]) for row in rows)]) for k in natural}
    drop(ESSENTIAL)
    shrink(lambda k: cells[k])  # heads before cells
    shrink(lambda k: min(cells[k], NAME) if columns[k].rank == 0 else natural[k])
    drop(0)
    shrink(lambda k: min(cells[k], LEAST))
    return shown, natural


def _line(
    columns: Sequence[Column], shown: Sequence[int], widths: dict[int, int], cells: Sequence[str], *, head: bool = False
) -> str:
    parts = []
    for k in shown:
        column, text = columns[k], _cut(cells[k], widths[k])
        blanks = " " * (widths[k] - cell_len(text))
        colour = None if head else column.colour(cells[k])
        styled = click.style(text, fg=colour, bold=head or None) if head or colour else text
        parts.append(blanks + styled if column.right else styled + (blanks if k != shown[-1] else ""))
    return (" " * GAP).join(parts).rstrip()


def cell_len(text: str) -> int:
    """Columns of a terminal that a text takes; wide characters take two."""
    if text.isascii():
        return len(text)
    from rich.cells import cell_len as measured

    return measured(text)


def _cut(text: str, width: int) -> str:
    from rich.cells import set_cell_size

    return text if cell_len(text) <= width else set_cell_size(text, width - 1).rstrip() + "…"

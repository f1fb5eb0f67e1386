"""All pictures of a group."""

from __future__ import annotations

from collections.abc import Sequence

from mlebench_inspect.reporting.pictures import any_medal, categories, cost, matrix, over_time, pass_at_k, strip
from mlebench_inspect.reporting.pictures.picture import Group, Picture

_ALL = (any_medal, over_time, matrix, strip, pass_at_k, cost, categories)


def pictures(group: Group) -> tuple[list[Picture], list[Picture]]:
    """The pictures of a group: those that show something, and those without data."""
    found = [module.picture(group) for module in _ALL]
    return [p for p in found if p.rows], [p for p in found if not p.rows]


def left_out(empty: Sequence[Picture]) -> str:
    """Which pictures have nothing to show, and why, in one line; empty if there are none."""
    return f"Not drawn: {'; '.join(f'{p.title} ({p.lacking})' for p in empty)}." if empty else ""

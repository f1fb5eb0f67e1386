"""What a picture is: its data, what is said of it, and how it is drawn."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

from mlebench_inspect.plain import one_line
from mlebench_inspect.reporting.summaries import SettingReport

DataRow = dict[str, Any]
"""Values by column: text, numbers, booleans or None."""


class Reference(NamedTuple):
    """A published row, to be shown beside what was run."""

    name: str
    mean: float
    """Any medal, percent."""
    sem: float | None
    hours: float | None
    """Time limit of a run."""


@dataclass(frozen=True)
class Group:
    """Settings of one kind of data and one revision, which may share a picture."""

    title: str
    reports: Sequence[SettingReport]
    published: Sequence[Reference] = ()

    @cached_property
    def named(self) -> list[tuple[str, SettingReport]]:
        """The settings with their names in one line, the best first."""
        ranked = sorted(self.reports, key=lambda r: -r.any_medal["all"].mean if r.any_medal["all"].is_defined else 1)
        return list(zip(distinct([r.title for r in ranked]), ranked, strict=True))

    @cached_property
    def names(self) -> list[str]:
        """The names alone, the best first: so a setting has the same colour in all pictures."""
        return [name for name, _ in self.named]


Draw = Callable[[Sequence[DataRow], Group, int], Any]
"""Makes an Altair chart of the rows of a group, of a width in pixels."""


@dataclass(frozen=True)
class Picture:
    """One picture of one group."""

    name: str
    """Of its files."""
    title: str
    caption: str
    """What is seen, with units, errors, and what is not in it."""
    group: Group
    rows: list[DataRow]
    """Its data. Without any, it is left out."""
    lacking: str
    """Why there is no data, if there is none."""
    tell: Callable[[Mapping[str, Any]], str]
    """What is said of a row where somebody points at it."""
    draw: Draw

    def chart(self, width: int) -> Any:
        """The Altair chart, that many pixels wide; a table of many columns takes what it needs."""
        return self.draw([{**row, "about": self.tell(row)} for row in self.rows], self.group, width)


def distinct(names: Sequence[str]) -> list[str]:
    """The names, each in one printable line, and numbered where an earlier one is the same."""
    found: list[str] = []
    for name in map(one_line, names):
        numbered = (name if n == 1 else f"{name} [{n}]" for n in itertools.count(1))
        found.append(next(candidate for candidate in numbered if candidate not in found))
    return found


def points(mean: float, sem: float | None) -> str:
    """A percentage as text."""
    return f"{mean:.1f} %" + ("" if sem is None else f" ± {sem:.1f}")


def with_ends(row: DataRow, mean: float, sem: float | None) -> DataRow:
    """The row with the ends of its error bar, within 0 to 100 percent, as `low` and `high`."""
    return {**row, "low": max(0.0, mean - (sem or 0.0)), "high": min(100.0, mean + (sem or 0.0))}

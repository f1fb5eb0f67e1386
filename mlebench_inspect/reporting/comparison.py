"""Rows side by side, over the competitions that all of them ran."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence

from pydantic import BaseModel

from mlebench_inspect.reporting.differences import differences
from mlebench_inspect.reporting.figures import report_row
from mlebench_inspect.reporting.pieces import conflict
from mlebench_inspect.reporting.pooling import pool
from mlebench_inspect.reporting.records import Reading, ReportingError
from mlebench_inspect.reporting.rows import Row
from mlebench_inspect.reporting.summaries import Difference, SettingReport


class Comparison(BaseModel):
    """Rows side by side, over the competitions that all of them have."""

    title: str
    competitions: list[str]
    left_out: list[str]
    """Competitions that not all rows have."""
    other_plans: list[str]
    """Rows that are left out, since a larger one of the same identity is there."""
    rows: list[SettingReport]
    differences: list[Difference]
    """Of each row against each before it, over the pairs that those two have."""

    def against_first(self, place: int) -> Difference | None:
        """The difference of a row, by its place, against the first; None for the first itself."""
        pair = self.rows[place].title, self.rows[0].title
        return next((d for d in self.differences if (d.title, d.against) == pair), None)


def compare(reading: Reading, *, by: str | None = None, pooled: Collection[str] = ()) -> list[Comparison]:
    """Rows side by side; one table for each kind of data, revision, and value of what is not compared.

    Args:
        reading: What was run.
        by: `solver` or `model`: the other one is kept apart. None: all in one table.
        pooled: Fields of the identity that may differ within a row.

    Raises:
        ReportingError: The rows of a table have no competition in common.
    """
    tables: dict[tuple[str, ...], list[Row]] = defaultdict(list)
    for row in pool(reading, pooled):
        fixed = {"solver": (row.setting.model,), "model": (row.setting.solver,), None: ()}[by]
        tables[row.setting.data, row.setting.revision, *fixed].append(row)
    return [_compare(key, members) for key, members in sorted(tables.items())]


def _compare(key: tuple[str, ...], rows: Sequence[Row]) -> Comparison:
    taken: list[Row] = []
    for row in rows:  # the largest of an identity comes first; a pilot must not narrow what is compared
        if not any(_is_poolable(row, other) for other in taken):
            taken.append(row)
    common = set.intersection(*(set(row.competitions) for row in taken))
    title = ", ".join([*key[2:], f"{key[0]} data, revision {key[1]}"])
    if not common:
        raise ReportingError(f"{title}: the runs have no competition in common")
    reports = [report_row(row, sorted(common)) for row in taken]
    return Comparison(
        title=title,
        competitions=sorted(common),
        left_out=sorted({c for row in taken for c in row.competitions} - common),
        other_plans=[f"{row.title} ({len(row.competitions)} competitions)" for row in rows if row not in taken],
        rows=reports,
        differences=differences(taken),
    )


def _is_poolable(row: Row, other: Row) -> bool:
    """Whether nothing but their plans keeps two rows apart."""
    return (row.setting, row.identity) == (other.setting, other.identity) and not conflict(row.answers, other.answers)

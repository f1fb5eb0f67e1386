"""Published results, as reference rows beneath one's own."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from mlebench_inspect.reporting.summaries import LEVELS, Figure, SettingReport
from mlebench_inspect.tasks import competitions

_FILE = Path(__file__).with_name("published_results.csv")


class Published(NamedTuple):
    """A row of the benchmark's published table: revision v1, real data, whole splits."""

    solver: str
    model: str
    any_medal: Mapping[str, Figure]
    """By complexity, and `all`."""
    hours: float | None
    """What a run was given, as far as it is told."""
    date: str
    hardware: str
    """Empty where it is not told."""
    remark: str


@cache
def published() -> tuple[Published, ...]:
    """The published results, the highest first.

    Source: the table in the README of github.com/openai/mle-bench, as of April 2026; hardware of the first rows from
    the paper, arXiv 2410.07095.
    """
    sizes = {level: len(competitions(level)) for level in LEVELS}
    with _FILE.open(encoding="utf-8", newline="") as file:
        return tuple(
            Published(
                row["agent"],
                row["model"],
                {
                    level: Figure(mean=float(row[level]), sem=float(row[f"{level}_sem"]), competitions=size)
                    for level, size in sizes.items()
                },
                float(row["hours"]) if row["hours"] else None,
                row["date"],
                row["hardware"],
                row["remark"],
            )
            for row in csv.DictReader(file)
        )


def comparable(reports: Sequence[SettingReport]) -> list[str]:
    """The columns in which published results compare: splits that a row ran whole, of real data in revision v1."""
    whole = {level: len(competitions(level)) for level in LEVELS}
    mine = [r for r in reports if _is_as_published(r)]
    return [
        level
        for level, size in whole.items()
        if any(level in r.any_medal and r.any_medal[level].competitions == size for r in mine)
    ]


def published_records(reports: Sequence[SettingReport]) -> list[dict[str, Any]]:
    """The published results with the figures that compare with these rows, as data; none where none does."""
    levels = comparable(reports)
    return [
        p._asdict()
        | {"published": True, "data": "real", "revision": "v1"}
        | {"any_medal": {level: p.any_medal[level].model_dump() for level in levels}}
        for p in (published() if levels else ())
    ]


def reservations(reports: Sequence[SettingReport]) -> list[str]:
    """What a reader of published rows beneath these must know."""
    if not comparable(reports):
        return ["Published results are left out: they are of whole splits, real data, revision v1, and no row here is."]
    lines = ["Published results are those of their authors, with other hardware, and were not run again."]
    if not all(map(_is_as_published, reports)):
        lines.append(
            "Published results do not compare with rows of miniature data, of another revision than v1, of an "
            "obfuscated description or with a search score."
        )
    return lines


def _is_as_published(r: SettingReport) -> bool:
    return (r.data, r.revision, r.conditions) == ("real", "v1", "")

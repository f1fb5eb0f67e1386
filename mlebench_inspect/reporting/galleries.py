"""Which settings share pictures, and their pictures for the page and as files."""

from __future__ import annotations

import re
from collections.abc import Sequence

from mlebench_inspect.reporting.comparison import Comparison
from mlebench_inspect.reporting.csvs import csv_text
from mlebench_inspect.reporting.pages import Figure, Gallery
from mlebench_inspect.reporting.pictures import INSTALL, installed
from mlebench_inspect.reporting.pictures.picture import Group, Picture, Reference
from mlebench_inspect.reporting.places import write_bytes, write_text
from mlebench_inspect.reporting.published import comparable
from mlebench_inspect.reporting.published import published as published_results
from mlebench_inspect.reporting.records import ReportingError
from mlebench_inspect.reporting.summaries import LEVELS, SettingReport


def groups_of(reports: Sequence[SettingReport], published: bool = False) -> list[Group]:
    """The settings of a report by kind of data and revision, which never share a picture.

    Args:
        reports: Settings.
        published: Whether published results are shown beside those that compare with them.
    """
    found: dict[tuple[str, str], list[SettingReport]] = {}
    for r in reports:
        found.setdefault((r.data, r.revision), []).append(r)
    return [
        Group(f"{data} data, revision {revision}", members, references(members) if published else ())
        for (data, revision), members in found.items()
    ]


def groups_compared(comparisons: Sequence[Comparison], published: bool = False) -> list[Group]:
    """The settings of each comparison."""
    return [Group(c.title, c.rows, references(c.rows) if published else ()) for c in comparisons]


def references(reports: Sequence[SettingReport]) -> list[Reference]:
    """The published results over exactly the split that all of these are of; none if there is no such split."""
    for level in LEVELS:
        over_it = [r for r in reports if r.any_medal.get(level) == r.any_medal["all"] and level in comparable([r])]
        if len(over_it) == len(reports):
            figures = [(f"{p.solver}, {p.model}", p.any_medal[level], p.hours) for p in published_results()]
            return [Reference(name, figure.mean, figure.sem, hours) for name, figure, hours in figures]
    return []


def galleries(groups: Sequence[Group], first: int = 1) -> list[Gallery]:
    """The pictures of each group for a page, with ids counted from `first`; without the extra, what to install."""
    if not installed():
        return [Gallery("Pictures", [], f"Pictures need an extra: {INSTALL}")]
    return [_gallery(group, number) for number, group in enumerate(groups, first)]


def dark() -> str:
    """Rules of CSS for the pictures where it is dark."""
    if not installed():
        return ""
    from mlebench_inspect.reporting.pictures.style import DARK

    pairs = (
        f"  figure svg [{part}='{light}'] {{ {part}: {other}; }}\n" for light, other in DARK.items() for part in _PARTS
    )
    return "".join(pairs)


_PARTS = ("fill", "stroke")


def _gallery(group: Group, number: int) -> Gallery:
    from mlebench_inspect.reporting.pictures import drawing, gallery

    found, empty = gallery.pictures(group)
    figures = [
        Figure(
            p.name,
            p.title,
            p.caption,
            drawing.inline(p, drawing.WIDE, f"w{number}-{p.name}-"),
            drawing.inline(p, drawing.NARROW, f"n{number}-{p.name}-"),
        )
        for p in found
    ]
    return Gallery(f"Pictures: {group.title}", figures, gallery.left_out(empty))


def write_figures(groups: Sequence[Group], folder: str) -> list[str]:
    """Writes every picture as SVG and PNG, and its data as CSV.

    Args:
        groups: With more than one, the names of files begin with the group's title.
        folder: A path, or a URL such as `s3://bucket/figures`.

    Returns:
        A line for each group: what was written, and what was left out and why.

    Raises:
        ReportingError: The extra `plots` is not installed, or a file cannot be written.
    """
    if not installed():
        raise ReportingError(f"pictures need an extra: {INSTALL}")
    from mlebench_inspect.reporting.pictures import gallery

    lines = []
    for group in groups:
        found, empty = gallery.pictures(group)
        begin = f"{_slug(group.title)}-" if len(groups) > 1 else ""
        for picture in found:
            _write(picture, f"{folder.rstrip('/')}/{begin}{picture.name}")
        count = f"{len(found)} picture{'s' * (len(found) != 1)}"
        lines.append(f"wrote {count} of {group.title} to {folder} (SVG, PNG, CSV). {gallery.left_out(empty)}".rstrip())
    return lines


def _write(picture: Picture, place: str) -> None:
    from mlebench_inspect.reporting.pictures import drawing

    svg = drawing.svg(picture)
    write_text(f"{place}.svg", svg)
    write_bytes(f"{place}.png", drawing.png(svg))
    write_text(f"{place}.csv", csv_text(picture.rows))


def _slug(title: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")

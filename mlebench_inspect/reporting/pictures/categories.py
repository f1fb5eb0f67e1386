"""Any medal by category."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import altair as alt

from mlebench_inspect.reporting.pictures.picture import DataRow, Group, Picture, points, with_ends
from mlebench_inspect.reporting.pictures.style import by_setting, label_axis, percent, styled


def picture(group: Group) -> Picture:
    """Any medal of each setting in each category of competitions."""
    caption = "Mean over seeds in each category, with its number of competitions; the bars are one standard error."
    rows, why = _rows(group), "all competitions are of one category"
    return Picture("categories", "Any medal by category", caption, group, rows, why, _tell, _draw)


def _rows(group: Group) -> list[DataRow]:
    rows = [
        {"category": c, "setting": name, "any_medal": f.mean, "sem": f.sem, "competitions": f.competitions}
        for name, r in group.named
        for c, f in r.by_category.items()
        if f.is_defined
    ]
    return rows if len({row["category"] for row in rows}) > 1 else []


def _tell(row: Mapping[str, Any]) -> str:
    medals = points(row["any_medal"], row["sem"])
    return f"{row['category']} ({row['competitions']} competitions), {row['setting']}: {medals}"


def _draw(rows: Sequence[DataRow], group: Group, width: int) -> Any:
    sizes = {c: sorted({row["competitions"] for row in rows if row["category"] == c}) for c in _ordered(rows)}
    names = {c: f"{c} ({'/'.join(map(str, found))})" for c, found in sizes.items()}
    drawn = [{**with_ends(row, row["any_medal"], row["sem"]), "category": names[row["category"]]} for row in rows]
    offset = alt.YOffset("setting:N", sort=group.names, scale=alt.Scale(paddingOuter=0.35))
    y = alt.Y("category:N", sort=list(names.values()), axis=label_axis(width))
    base = alt.Chart(alt.Data(values=drawn)).encode(y=y, yOffset=offset)
    keyed = by_setting(group.names, group.names, width, axis_of_names=True)
    errors = base.mark_rule(strokeWidth=1.5, aria=False).encode(x="low:Q", x2="high:Q", color=keyed["color"])
    dots = base.mark_point(filled=True, size=60, opacity=1)
    dots = dots.encode(x=alt.X("any_medal:Q", **percent("any medal (%)", 7)), description="about:N", **keyed)
    return styled(errors + dots, width, alt.Step(11, **{"for": "offset"}))


def _ordered(rows: Sequence[DataRow]) -> list[str]:
    """The categories, those with most medals first."""
    found: dict[str, list[float]] = {}
    for row in rows:
        found.setdefault(row["category"], []).append(row["any_medal"])
    return sorted(found, key=lambda c: (-sum(found[c]) / len(found[c]), c))

"""Any medal by setting, published rows in grey."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import altair as alt

from mlebench_inspect.reporting.pictures.picture import DataRow, Group, Picture, distinct, points, with_ends
from mlebench_inspect.reporting.pictures.style import GREY, INK, SETTINGS, is_narrow, label_axis, percent, styled


def picture(group: Group) -> Picture:
    """Any medal of each setting over all its competitions, with the standard error over seeds."""
    caption = (
        "Mean over seeds over all competitions; the bars are one standard error of the mean, which one seed lacks."
    )
    if group.published:
        caption += " Grey: published by others, on their hardware."
    rows = _rows(group)
    return Picture("any-medal", "Any medal by setting", caption, group, rows, "no settings", _tell, _draw)


def _rows(group: Group) -> list[DataRow]:
    names = distinct([*group.names, *(f"{p.name} (published)" for p in group.published)])
    rows: list[DataRow] = []
    for _, r in group.named:
        found = r.any_medal["all"]
        counts = {"seeds": r.seeds, "competitions": found.competitions, "hours": None}
        rows.append({"any_medal": found.mean, "sem": found.sem, "published": False, **counts})
    for p in group.published:
        told = {"seeds": None, "competitions": None, "hours": p.hours}
        rows.append({"any_medal": p.mean, "sem": p.sem, "published": True, **told})
    named: list[DataRow] = [{"setting": name, **row} for name, row in zip(names, rows, strict=True)]
    return sorted((row for row in named if not math.isnan(row["any_medal"])), key=lambda row: -row["any_medal"])


def _tell(row: Mapping[str, Any]) -> str:
    about = f"{row['setting']}: {points(row['any_medal'], row['sem'])}"
    if row["published"]:
        return about if row["hours"] is None else f"{about}, {row['hours']:g} hours a run"
    return f"{about}, {row['competitions']} competitions, seeds: {row['seeds']}"


def _draw(rows: Sequence[DataRow], group: Group, width: int) -> Any:
    drawn = [{**row, "text": points(row["any_medal"], row["sem"])} for row in rows]
    drawn = [with_ends(row, row["any_medal"], row["sem"]) for row in drawn]
    narrow = is_narrow(width)
    y = alt.Y("setting:N", sort=[row["setting"] for row in rows], axis=None if narrow else label_axis(width))
    base = alt.Chart(alt.Data(values=drawn)).encode(y=y, description="about:N")
    colour = alt.condition("datum.published", alt.value(GREY), alt.value(SETTINGS[0]))
    bars = base.mark_bar(height=14).encode(x=alt.X("any_medal:Q", **percent("any medal (%)")), color=colour)
    errors = base.mark_rule(strokeWidth=1.5, color=INK).encode(x="low:Q", x2="high:Q")
    texts = base.mark_text(align="left", dx=5, color=INK, fontSize=11).encode(x="high:Q", text="text:N")
    above = base.mark_text(align="left", dy=-15, color=INK, fontSize=11, limit=width - 20)
    names = [above.encode(x=alt.value(0), text="setting:N")] if narrow else []
    return styled(alt.layer(bars, errors, texts, *names), width, alt.Step(42 if narrow else 26))

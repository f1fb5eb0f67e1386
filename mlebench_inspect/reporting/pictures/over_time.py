"""Medals over time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import altair as alt

from mlebench_inspect.reporting.pictures.picture import DataRow, Group, Picture
from mlebench_inspect.reporting.pictures.style import by_setting, percent, styled


def picture(group: Group) -> Picture:
    """What each setting would have won had its runs ended at an earlier hour, as far as they took snapshots."""
    caption = "Any medal of the last valid submission at that time: mean over competitions and seeds."
    without = [name for name, r in group.named if r.over_time is None]
    if without:
        caption += f" Without snapshots, so not shown: {', '.join(without)}."
    rows, why = _rows(group), "no run took snapshots (-T snapshot_every=3600)"
    return Picture("medals-over-time", "Medals over time", caption, group, rows, why, _tell, _draw)


def _rows(group: Group) -> list[DataRow]:
    rows: list[DataRow] = []
    for name, r in group.named:
        found = r.over_time
        if found is None:
            continue
        for hour, share, without in zip(found.hours, found.any_medal, found.without_medal, strict=True):
            rows.append({"setting": name, "hours": hour, "any_medal": share, "without_medal": without})
        if found.hours and found.hours[-1] < found.limit_hours:
            rows.append({**rows[-1], "hours": found.limit_hours})
    return rows


def _tell(row: Mapping[str, Any]) -> str:
    return f"{row['setting']}: {row['any_medal']:.1f} % after {row['hours']:.3g} hours"


def _draw(rows: Sequence[DataRow], group: Group, width: int) -> Any:
    base = alt.Chart(alt.Data(values=rows)).encode(
        x=alt.X("hours:Q", title="hours since the agent began", axis=alt.Axis(grid=False, tickCount=6)),
        y=alt.Y("any_medal:Q", **percent("any medal (%)", 4)),
        **by_setting(group.names, {row["setting"] for row in rows}, width),
    )
    lines = base.mark_line(interpolate="step-after", strokeWidth=2, aria=False).encode(shape=alt.value("circle"))
    dots = base.mark_point(filled=True, size=40, opacity=1).encode(description="about:N")
    return styled(lines + dots, width, 260)

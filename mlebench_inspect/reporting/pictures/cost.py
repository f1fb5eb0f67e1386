"""Cost against medals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import altair as alt

from mlebench_inspect.reporting.pictures.picture import DataRow, Group, Picture, points, with_ends
from mlebench_inspect.reporting.pictures.style import FAINT, by_setting, percent, styled


def picture(group: Group) -> Picture:
    """Dollars for one sample against any medal, with the settings that none beats in both."""
    caption = "Dashed: the frontier, settings that none beats at the same cost or less. Prices as the runs knew them."
    unknown = [name for name, r in group.named if not _known(r.per_competition)]
    if unknown:
        caption += f" Without known prices, so not shown: {', '.join(unknown)}."
    rows, why = _rows(group), "no run knew the prices of its models (--model-cost-config)"
    return Picture("cost", "Cost against medals", caption, group, rows, why, _tell, _draw)


def _known(per_competition: Sequence[Any]) -> list[float]:
    return [cost for c in per_competition for cost in c.costs if cost is not None]


def _rows(group: Group) -> list[DataRow]:
    rows: list[DataRow] = []
    for name, r in group.named:
        costs, found = _known(r.per_competition), r.any_medal["all"]
        if costs and found.is_defined:
            ran = sum(o != "not run" for c in r.per_competition for o in c.outcomes)
            mean = sum(costs) / len(costs)
            about = {"any_medal": found.mean, "sem": found.sem, "samples_priced": len(costs), "samples_run": ran}
            rows.append({"setting": name, "dollars_per_sample": mean, **about})
    return [{**row, "on_frontier": not any(_beats(other, row) for other in rows)} for row in rows]


def _beats(one: DataRow, other: DataRow) -> bool:
    """Whether one is no worse in both, and better in one of them."""
    mine, its = ((-row["dollars_per_sample"], row["any_medal"]) for row in (one, other))
    return mine != its and mine[0] >= its[0] and mine[1] >= its[1]


def _tell(row: Mapping[str, Any]) -> str:
    of = f"{row['samples_priced']} of {row['samples_run']} samples with a known cost"
    medals = points(row["any_medal"], row["sem"])
    return f"{row['setting']}: {row['dollars_per_sample']:.3g} $ a sample, {medals}; {of}"


def _draw(rows: Sequence[DataRow], group: Group, width: int) -> Any:
    drawn = [with_ends(row, row["any_medal"], row["sem"]) for row in rows]
    base = alt.Chart(alt.Data(values=drawn)).encode(
        x=alt.X(
            "dollars_per_sample:Q",
            title="US dollars a sample",
            axis=alt.Axis(grid=False, tickCount=6),
            scale=alt.Scale(zero=True, padding=14),
        ),
        y=alt.Y("any_medal:Q", **percent("any medal (%)", 6)),
    )
    frontier = base.transform_filter("datum.on_frontier").mark_line(
        interpolate="step-after", strokeDash=[5, 4], color=FAINT, aria=False
    )
    keyed = by_setting(group.names, {row["setting"] for row in rows}, width)
    errors = base.mark_rule(strokeWidth=1.5, aria=False).encode(y="low:Q", y2="high:Q", color=keyed["color"])
    dots = base.mark_point(filled=True, size=90, opacity=1).encode(description="about:N", **keyed)
    return styled(frontier + errors + dots, width, 260)

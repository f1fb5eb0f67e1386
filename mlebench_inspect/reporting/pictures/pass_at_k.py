"""The chance of a medal in any of k seeds, and in all of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import altair as alt

from mlebench_inspect.reporting.pictures.picture import DataRow, Group, Picture
from mlebench_inspect.reporting.pictures.style import by_setting, percent, styled

_ANY, _ALL = "pass@k", "pass^k"


def picture(group: Group) -> Picture:
    """pass@k and pass^k of each setting with more than one seed."""
    caption = (
        "Solid: pass@k, a medal in at least one of k seeds. Dashed: pass^k, a medal in all of them. Unbiased estimates."
    )
    rows, why = _rows(group), "no setting has more than one seed"
    return Picture("pass-at-k", "pass@k", caption, group, rows, why, _tell, _draw)


def _rows(group: Group) -> list[DataRow]:
    return [
        {"setting": name, "measure": measure, "k": k, "percent": share}
        for name, r in group.named
        if r.seeds > 1
        for measure, found in ((_ANY, r.pass_at_k), (_ALL, r.pass_hat_k))
        for k, share in found.items()
    ]


def _tell(row: Mapping[str, Any]) -> str:
    return f"{row['setting']}: {row['measure'].replace('k', str(row['k']))} {row['percent']:.1f} %"


def _draw(rows: Sequence[DataRow], group: Group, width: int) -> Any:
    most = max(row["k"] for row in rows)
    ticks = alt.Axis(grid=False, values=sorted({row["k"] for row in rows}), format="d")
    base = alt.Chart(alt.Data(values=rows)).encode(
        x=alt.X("k:Q", title="k", axis=ticks, scale=alt.Scale(domain=[1, most], nice=False, padding=12)),
        y=alt.Y("percent:Q", **percent("competitions (%)", 4)),
        **by_setting(group.names, {row["setting"] for row in rows}, width),
    )
    dash = alt.StrokeDash("measure:N", legend=None, scale=alt.Scale(domain=[_ANY, _ALL], range=[[1, 0], [5, 4]]))
    lines = base.mark_line(strokeWidth=2, aria=False).encode(strokeDash=dash, shape=alt.value("circle"))
    dots = base.mark_point(filled=True, size=50, opacity=1).encode(description="about:N")
    return styled(lines + dots, width, 260)

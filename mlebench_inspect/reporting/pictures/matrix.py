"""Competitions by settings: what each seed came to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import altair as alt

from mlebench_inspect.reporting.pictures.picture import DataRow, Group, Picture
from mlebench_inspect.reporting.pictures.style import LINE, OUTCOMES, is_narrow, label_axis, styled

_WORTH = {"gold": 3, "silver": 2, "bronze": 1}


def picture(group: Group) -> Picture:
    """A cell for each competition, setting and seed, coloured and lettered by its outcome."""
    used = {o for r in group.reports for c in r.per_competition for o in c.outcomes}
    letters = ", ".join(f"{look.letter} {name}" for name, look in OUTCOMES.items() if name in used and look.letter)
    caption = (
        f"A cell for each seed: {letters}. The competitions with most medals on top, the best setting on the left."
    )
    rows = _rows(group)
    return Picture("outcomes", "Outcomes by competition", caption, group, rows, "no competitions", _tell, _draw)


def _rows(group: Group) -> list[DataRow]:
    return [
        {
            "competition": c.competition_id,
            "setting": name,
            "seed": seed,
            "outcome": outcome,
            "score": c.scores[seed - 1],
            "percentile": c.percentiles[seed - 1],
            "metric": c.metric,
        }
        for name, r in group.named
        for c in r.per_competition
        for seed, outcome in enumerate(c.outcomes, 1)
    ]


def _tell(row: Mapping[str, Any]) -> str:
    about = f"{row['competition']}, {row['setting']}, seed {row['seed']}: {row['outcome']}"
    if row["score"] is None:
        return about
    share = "" if row["percentile"] is None else f", percentile {row['percentile']:g}"
    return f"{about}, {row['metric']} {row['score']:g}{share}"


def by_worth(rows: Sequence[DataRow]) -> list[str]:
    """The competitions of the rows, those with most and best medals first."""
    worth: dict[str, int] = {}
    for row in rows:
        worth[row["competition"]] = worth.get(row["competition"], 0) + _worth(row["outcome"])
    return sorted(worth, key=lambda name: (-worth[name], name))


def _worth(outcome: str) -> int:
    """A medal of any tier counts before better tiers do."""
    return 100 * (outcome in _WORTH) + _WORTH.get(outcome, 0)


def _draw(rows: Sequence[DataRow], group: Group, width: int) -> Any:
    drawn = [{**row, **OUTCOMES[row["outcome"]]._asdict()} for row in rows]
    axis = label_axis(width, orient="top", labelAngle=-35, labelAlign="left")
    base = alt.Chart(alt.Data(values=drawn)).encode(
        x=alt.X("setting:N", sort=group.names, axis=axis, scale=alt.Scale(paddingInner=0.08, paddingOuter=0)),
        xOffset=alt.XOffset("seed:O", scale=alt.Scale(paddingInner=0, paddingOuter=0)),
        y=alt.Y("competition:N", sort=by_worth(rows), axis=label_axis(width)),
        description="about:N",
    )
    cells = base.mark_rect(stroke=LINE, strokeWidth=1).encode(color=alt.Color("fill:N", scale=None))
    letters = base.mark_text(fontSize=11, fontWeight="bold").encode(
        text="letter:N", color=alt.Color("text:N", scale=None)
    )
    step = alt.Step(18 if is_narrow(width) else 24, **{"for": "offset"})
    return styled((cells + letters).properties(width=step), None, alt.Step(22))

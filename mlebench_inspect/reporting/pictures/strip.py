"""Percentile rank by competition, over the tiers of its human leaderboard."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import altair as alt

from mlebench_inspect.graders.leaderboard import percentile
from mlebench_inspect.reporting.pictures.picture import DataRow, Group, Picture
from mlebench_inspect.reporting.pictures.style import ON_TIER, OUTCOMES, by_setting, label_axis, percent, styled
from mlebench_inspect.tasks import competition

_TIERS = {"gold": "#f8e093", "silver": "#c3cad2", "bronze": "#c29a7a"}
"""Paler than elsewhere, as marks lie on them."""


def picture(group: Group) -> Picture:
    """The percentile of each competition, setting and seed, and where on the board the three medals begin."""
    caption = (
        "Percent of the human teams that a score beats, a mark for each seed; without a valid submission it is 0. "
        "The bands are the bronze (B), silver (S) and gold (G) places of the competition's board."
    )
    boardless = sorted({name for r in group.reports for name in r.boardless})
    if boardless:
        caption += f" Left out, because no leaderboard is published: {', '.join(boardless)}."
    rows, why = _rows(group), "no competition with a published leaderboard"
    return Picture("percentiles", "Percentile by competition", caption, group, rows, why, _tell, _draw)


def _rows(group: Group) -> list[DataRow]:
    ids = {c.competition_id for r in group.reports for c in r.per_competition}
    bounds = {i: _bounds(i) for i in ids if competition(i).has_leaderboard}
    return [
        {
            "competition": c.competition_id,
            "setting": name,
            "seed": seed,
            "percentile": c.percentiles[seed - 1] or 0.0,
            "outcome": outcome,
            **bounds[c.competition_id],
        }
        for name, r in group.named
        for c in r.per_competition
        if c.competition_id in bounds
        for seed, outcome in enumerate(c.outcomes, 1)
    ]


def _bounds(competition_id: str) -> dict[str, float]:
    """The percentile of a score at each threshold."""
    found = competition(competition_id)
    board, better = found.leaderboard(), found.higher_is_better
    at = {t: percentile(getattr(found.tiers, t), board, higher_is_better=better) for t in _TIERS}
    return {f"{tier}_from": share for tier, share in at.items() if share is not None}


def _tell(row: Mapping[str, Any]) -> str:
    about = f"{row['competition']}, {row['setting']}, seed {row['seed']}"
    return f"{about}: percentile {row['percentile']:g}, {row['outcome']}"


def _draw(rows: Sequence[DataRow], group: Group, width: int) -> Any:
    share: dict[str, list[float]] = {}
    for row in rows:
        share.setdefault(row["competition"], []).append(row["percentile"])
    order = sorted(share, key=lambda name: (-sum(share[name]) / len(share[name]), name))
    y = alt.Y("competition:N", sort=order, axis=label_axis(width, grid=True))
    bands = alt.Chart(alt.Data(values=_bands(rows))).encode(y=y, description="about:N")
    shades = bands.mark_bar(height=16).encode(
        x=alt.X("from:Q", **percent("percentile among the human teams", 7)),
        x2="to:Q",
        color=alt.Color("fill:N", scale=None),
    )
    marks = alt.Chart(alt.Data(values=rows)).mark_point(
        filled=True, size=46, opacity=1, stroke="white", strokeWidth=0.6
    )
    marks = marks.encode(
        y=y, x="percentile:Q", description="about:N", **by_setting(group.names, group.names, width, axis_of_names=True)
    )
    room = 800 / width  # points that a letter needs
    letters = bands.transform_filter(f"datum.to - datum.from > {room:.2f}").mark_text(fontSize=10, fontWeight="bold")
    letters = letters.encode(x="middle:Q", text="letter:N", color=alt.value(ON_TIER))
    return styled(shades + letters + marks, width, alt.Step(24))


def _bands(rows: Sequence[DataRow]) -> list[DataRow]:
    """The places of each tier on each board, from its threshold to that of the next."""
    boards = {row["competition"]: row for row in rows}
    bands: list[DataRow] = []
    for name, row in boards.items():
        until = 100.0
        for tier, fill in _TIERS.items():
            since = row[f"{tier}_from"]
            about = f"{name}: {tier} from percentile {since:g}"
            ends = {"from": since, "to": until, "middle": (since + until) / 2}
            bands.append(
                {
                    "competition": name,
                    "tier": tier,
                    "fill": fill,
                    "letter": OUTCOMES[tier].letter,
                    "about": about,
                    **ends,
                }
            )
            until = since
    return bands

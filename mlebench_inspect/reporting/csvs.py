"""Reports and comparisons as CSV: a row for each setting, for each result, for each competition and setting."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from mlebench_inspect.reporting.comparison import Comparison
from mlebench_inspect.reporting.summaries import OUTCOMES, Figure, SettingReport, levels_of


def headline_csv(reports: Sequence[SettingReport]) -> str:
    """One row for each setting; percentages with their standard errors and numbers of competitions."""
    return csv_text(_headline(r, levels_of(reports)) for r in reports)


def tidy_csv(reports: Sequence[SettingReport]) -> str:
    """One row for each setting, competition and seed, with all that is known of that one result."""
    return csv_text(
        {
            **_setting(r),
            "competition": c.competition_id,
            "complexity": c.complexity,
            "category": c.category,
            "metric": c.metric,
            "is_lower_better": c.is_lower_better,
            "seed": seed,
            "outcome": c.outcomes[seed - 1],
            "score": c.scores[seed - 1],
            "percentile": c.percentiles[seed - 1],
            "reason": c.reasons[seed - 1],
            "limit": c.limits[seed - 1],
            "tokens": c.tokens[seed - 1],
            "cost": c.costs[seed - 1],
            "seconds": c.seconds[seed - 1],
        }
        for r in reports
        for c in r.per_competition
        for seed in range(1, len(c.outcomes) + 1)
    )


def comparison_csv(comparisons: Sequence[Comparison]) -> str:
    """One row for each setting over `all` competitions, with its difference to the first, and one for each of them."""
    rows: list[dict[str, Any]] = []
    for c in comparisons:
        first = {r.competition_id: r.any_medal.mean for r in c.rows[0].per_competition}
        for number, r in enumerate(c.rows):
            difference = c.against_first[number]
            against = {"against_first": difference.points, "against_first_sem": difference.sem} if difference else {}
            about = {"comparison": c.title, **_setting(r), "seeds": r.seeds}
            rows.append({**about, "competition": "all", **_figure("any_medal", r.any_medal["all"]), **_plain(against)})
            rows += [
                {
                    **about,
                    "competition": row.competition_id,
                    **_figure("any_medal", row.any_medal),
                    **_plain({"against_first": row.any_medal.mean - first[row.competition_id]} if number else {}),
                    "best_tier": row.best_tier,
                }
                for row in r.per_competition
            ]
    return csv_text(rows)


def _setting(r: SettingReport) -> dict[str, Any]:
    return {
        "solver": r.solver,
        "model": r.model,
        "data": r.data,
        "revision": r.revision,
        "row": r.variant,
        "identity": r.identity,
    }


def _headline(r: SettingReport, levels: Sequence[str]) -> dict[str, Any]:
    row = _setting(r)
    for name in levels:
        row |= _figure(name, r.any_medal.get(name))
    for name in OUTCOMES:
        row |= _figure(name, r.outcomes[name])
    return row | {
        **_figure("percentile", r.percentile),
        "seeds": r.seeds,
        "competitions": r.competitions,
        "without_score": r.without_score,
        "crashes": r.crashes,
        "limits": sum(r.limits.values()),
        "tokens": r.tokens,
        "hours": r.hours,
        "cost": r.cost,
        "hardware": "; ".join(r.hardware),
    }


def _figure(name: str, figure: Figure | None) -> dict[str, Any]:
    values = {name: figure.mean, f"{name}_sem": figure.sem} if figure else {name: None, f"{name}_sem": None}
    return _plain(values) | {f"{name}_competitions": figure.competitions if figure else None}


def _plain(values: Mapping[str, float | None]) -> dict[str, str | None]:
    return {name: None if value is None else f"{value:.2f}" for name, value in values.items()}


def csv_text(rows: Iterable[Mapping[str, Any]]) -> str:
    """The rows with the columns of all of them; what is not known is an empty cell."""
    rows = list(rows)
    columns = list(dict.fromkeys(name for row in rows for name in row))
    out = io.StringIO()
    writer = csv.DictWriter(out, columns, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue().rstrip("\n")

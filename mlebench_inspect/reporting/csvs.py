"""Reports and comparisons as CSV: a row for each setting, result, competition and setting, difference."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from mlebench_inspect.reporting.comparison import Comparison
from mlebench_inspect.reporting.summaries import OUTCOMES, Figure, SettingReport, levels_of


def headline_csv(reports: Sequence[SettingReport], references: Sequence[Mapping[str, Any]] = ()) -> str:
    """One row for each setting; percentages with their standard errors and numbers of competitions.

    Args:
        reports: The settings.
        references: Published results, see `published.published_records`; rows of their own, marked in `published`.
    """
    return csv_text([*(_headline(r, levels_of(reports)) for r in reports), *map(_reference, references)])


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
            "conduct": c.conduct[seed - 1],
            "score": c.scores[seed - 1],
            "percentile": c.percentiles[seed - 1],
            "normalised": _rounded(c.normalised[seed - 1]),
            "reason": c.reasons[seed - 1],
            "limit": c.limits[seed - 1],
            "ended_by": c.ends[seed - 1],
            "tokens": c.tokens[seed - 1],
            "input_tokens": c.input_tokens[seed - 1],
            "output_tokens": c.output_tokens[seed - 1],
            "cached_tokens": c.cached_tokens[seed - 1],
            "cost": c.costs[seed - 1],
            "seconds": c.seconds[seed - 1],
        }
        for r in reports
        for c in r.per_competition
        for seed in range(1, len(c.outcomes) + 1)
    )


def comparison_csv(comparisons: Sequence[Comparison], references: Sequence[Mapping[str, Any]] = ()) -> str:
    """Settings over `all` competitions and over each of them, then the differences of each pair of settings.

    Args:
        comparisons: The tables.
        references: Published results, as in `headline_csv`.
    """
    rows = [row for c in comparisons for row in (*_sides(c), *_differences(c))]
    return csv_text([*rows, *map(_reference, references)])


def _sides(c: Comparison) -> Iterator[dict[str, Any]]:
    for r in c.rows:
        about = {"comparison": c.title, **_setting(r), "seeds": r.seeds}
        yield {**about, "competition": "all", **_figure("any_medal", r.any_medal["all"])}
        for row in r.per_competition:
            one = {"competition": row.competition_id, **_figure("any_medal", row.any_medal)}
            yield {**about, **one, "best_tier": row.best_tier}


def _differences(c: Comparison) -> Iterator[dict[str, Any]]:
    settings = {r.title: _setting(r) for r in c.rows}
    for d in c.differences:
        yield {
            "comparison": c.title,
            **settings[d.title],
            "against": d.against,
            **_plain({"difference": d.points, "difference_low": d.low, "difference_high": d.high}),
            "pairs": d.pairs,
            "pairs_without_score": d.without_score,
            "difference_competitions": d.competitions,
        }


def _reference(record: Mapping[str, Any]) -> dict[str, Any]:
    row = {k: record[k] for k in ("solver", "model", "data", "revision", "published", "date", "hardware", "remark")}
    for level, figure in record["any_medal"].items():
        row |= _figure(level, Figure.model_validate(figure))
    return row | {"hours_per_run": record["hours"]}


def _setting(r: SettingReport) -> dict[str, Any]:
    return {
        "solver": r.solver,
        "model": r.model,
        "data": r.data,
        "revision": r.revision,
        "conditions": r.conditions,
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
        **_figure("normalised", r.normalised),
        **_figure("without_leaks", r.without_leaks),
        **_figure("selection_gap", r.over_time.selection_gap if r.over_time else None),
        **_plain({"medals_over_time_area": r.over_time.area if r.over_time else None}),
        **_plain({f"pass_at_{k}": v for k, v in r.pass_at_k.items()}),
        **_plain({f"pass_hat_{k}": v for k, v in r.pass_hat_k.items()}),
        "seeds": r.seeds,
        "competitions": r.competitions,
        "without_score": r.without_score,
        "crashes": r.crashes,
        "limits": sum(r.limits.values()),
        "tokens": r.tokens,
        "input_tokens": r.input_tokens,
        "output_tokens": r.output_tokens,
        "cached_tokens": r.cached_tokens,
        "hours": r.hours,
        "gpu_hours": _rounded(r.gpu_hours),
        "cost": r.cost,
        "medals_per_100_dollars": _rounded(r.medals_per_100_dollars),
        "medals_per_gpu_hour": _rounded(r.medals_per_gpu_hour),
        "hardware": "; ".join(r.hardware),
    }


def _figure(name: str, figure: Figure | None) -> dict[str, Any]:
    values = {name: figure.mean, f"{name}_sem": figure.sem} if figure else {name: None, f"{name}_sem": None}
    return _plain(values) | {f"{name}_competitions": figure.competitions if figure else None}


def _plain(values: Mapping[str, float | None]) -> dict[str, str | None]:
    return {n: None if value is None or math.isnan(value) else f"{value:.2f}" for n, value in values.items()}


def _rounded(value: float | None) -> str | None:
    """With six significant digits, since some are far below 0.01."""
    return None if value is None else f"{value:.6g}"


def csv_text(rows: Iterable[Mapping[str, Any]]) -> str:
    """The rows with the columns of all of them; what is not known is an empty cell."""
    rows = list(rows)
    columns = list(dict.fromkeys(name for row in rows for name in row))
    out = io.StringIO()
    writer = csv.DictWriter(out, columns, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue().rstrip("\n")

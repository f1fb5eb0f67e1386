"""Short tables of measures; what there is nothing to say about is left out."""

from __future__ import annotations

import bisect
from collections.abc import Iterable, Mapping, Sequence

from mlebench_inspect.reporting.conduct import GRAVEST
from mlebench_inspect.reporting.published import Published, comparable, published
from mlebench_inspect.reporting.summaries import Difference, Figure, OverTime, SettingReport
from mlebench_inspect.tasks import APART

Table = tuple[list[str], list[list[str]]]
PARTS = (1 / 8, 1 / 4, 1 / 2, 3 / 4, 1.0)
"""Of T: where medals over time are shown."""
LONGEST = 24
"""Characters of a published model's name; one names four models."""


def measure_tables(r: SettingReport) -> list[Table]:
    """What a row's report says beside medals and outcomes."""
    levels = {name: f for name, f in r.any_medal.items() if name not in ("all", *APART) and f.is_defined}
    tables = [_chances(r), _over_time(r.over_time), _measures(r), _spent(r), _invalid(r), _conduct(r), _familiarity(r)]
    tables.append(_groups("complexity", levels, r.percentile_by_complexity))
    tables.append(_groups("category", r.by_category, r.percentile_by_category))
    return [(columns, rows) for columns, rows in tables if rows]


def _chances(r: SettingReport) -> Table:
    rows = [("pass@k: one of k seeds (%)", r.pass_at_k), ("pass^k: all of k seeds (%)", r.pass_hat_k)]
    return ["k", *map(str, r.pass_at_k)], [
        [name, *(f"{v:.2f}" for v in found.values())] for name, found in rows if found
    ]


def _over_time(found: OverTime | None) -> Table:
    if found is None:
        return [], []
    moments = [part * found.limit_hours for part in PARTS]
    return ["after (hours)", *(f"{m:.3g}" for m in moments)], [
        ["any medal (%)", *_at(found.hours, found.any_medal, moments)],
        ["without a medal so far (%)", *_at(found.hours, [100 * s for s in found.without_medal], moments)],
    ]


def _at(hours: Sequence[float], values: Sequence[float], moments: Iterable[float]) -> list[str]:
    # a moment that is computed from T may miss a step at that moment by a rounding
    return [f"{values[bisect.bisect_right(hours, m * (1 + 1e-9)) - 1]:.2f}" for m in moments]


def _measures(r: SettingReport) -> Table:
    rows: list[list[str]] = []
    if r.normalised:
        rows.append(["normalised score (%)", str(r.normalised), str(r.normalised.competitions)])
    if r.without_leaks and r.without_leaks.competitions < r.any_medal["all"].competitions:
        rows.append(["any medal without known leaks (%)", str(r.without_leaks), str(r.without_leaks.competitions)])
    if r.conduct:
        fair = r.conduct.rule_adjusted
        rows.append(["any medal, rule-adjusted (%)", str(fair), str(fair.competitions)])
    if r.over_time:
        gap = r.over_time.selection_gap
        rows.append(["area under medals over time (%)", f"{r.over_time.area:.2f}", str(gap.competitions)])
        rows.append(["selection gap (points)", str(gap), str(gap.competitions)])
    rows += [[f"v1 - {name} (points)", str(d), str(d.competitions)] for name, d in r.against_v2.items()]
    return ["measure", "value", "competitions"], rows


def _spent(r: SettingReport) -> Table:
    counts = [("tokens in", r.input_tokens), ("tokens out", r.output_tokens), ("tokens cached", r.cached_tokens)]
    numbers = [
        ("GPU hours", r.gpu_hours),
        ("medals per 100 $", r.medals_per_100_dollars),
        ("medals per GPU hour", r.medals_per_gpu_hour),
    ]
    rows = [[name, f"{n:,}"] for name, n in counts if n is not None]
    return ["spent", "value"], rows + [[name, f"{n:,.4g}"] for name, n in numbers if n is not None]


def _invalid(r: SettingReport) -> Table:
    return ["invalid because of", "submissions"], [[kind, str(n)] for kind, n in r.invalid.items()]


def _familiarity(r: SettingReport) -> Table:
    rows = [
        [
            c.measure,
            c.outcome,
            "–" if c.rho is None else f"{c.rho:+.2f}",
            "–" if c.low is None else f"{c.low:+.2f} to {c.high:+.2f}",
            str(c.competitions),
            c.model,
        ]
        for c in r.familiarity
    ]
    return ["familiarity", "outcome", "Spearman", "95 % interval", "competitions", "measured with"], rows


def _conduct(r: SettingReport) -> Table:
    if r.conduct is None:
        return [], []
    counts = r.conduct.by_question
    return ["conduct", *GRAVEST], [[q.replace("_", " "), *(str(n[g]) for g in GRAVEST)] for q, n in counts.items()]


def _groups(kind: str, medals: Mapping[str, Figure], percentiles: Mapping[str, Figure]) -> Table:
    rows = [[name, str(f), str(percentiles.get(name, "–")), str(f.competitions)] for name, f in medals.items()]
    return [kind, "any medal (%)", "percentile", "competitions"], rows if len(rows) > 1 else []


def difference_table(differences: Sequence[Difference]) -> list[Table]:
    """Each row against each before it."""
    columns = ["setting", "against", "points", "95 % interval", "pairs", "zero"]
    words = {True: "in it", False: "not in it", None: "–"}
    rows = [
        [
            d.title,
            d.against,
            f"{d.points:+.2f}",
            "–" if d.low is None else f"{d.low:+.2f} to {d.high:+.2f}",
            str(d.pairs),
            words[d.holds_zero],
        ]
        for d in differences
    ]
    return [(columns, rows)] if rows else []


def published_table(reports: Sequence[SettingReport]) -> list[Table]:
    """Published results in the columns in which they compare with these rows; none where they do not."""
    levels = comparable(reports)
    columns = ["published", "published model", *levels, "time limit", "date", "published hardware", "remark"]
    rows = [_published(p, levels) for p in published()]
    return [(columns, rows)] if levels else []


def _published(p: Published, levels: Sequence[str]) -> list[str]:
    figures = [str(p.any_medal[level]) for level in levels]
    model = p.model if len(p.model) <= LONGEST else p.model[: LONGEST - 1] + "…"
    limit = "–" if p.hours is None else f"{p.hours:g} h"
    return [p.solver, model, *figures, limit, p.date, p.hardware, p.remark]


def sentences(differences: Sequence[Difference], most: int = 6) -> list[str]:
    """What the intervals say, one by one, or of many how many hold zero; and what all of them are."""
    if not differences:
        return []
    lines = [d.sentence() for d in differences]
    if len(differences) > most:
        apart = sum(d.holds_zero is False for d in differences)
        lines = [f"Of {len(differences)} intervals of differences, {apart} do not hold zero."]
    lacking = sum(d.without_score for d in differences)
    if lacking:
        lines.append(f"In {lacking} pairs one of the two has no score, which counts as a failure.")
    if len(differences) > 1:
        lines.append("Each interval is for its own difference; among many, some miss zero by chance.")
    return lines

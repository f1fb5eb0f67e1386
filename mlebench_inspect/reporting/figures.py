"""Figures over many results: what a table of published results says, and what stands behind it."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from mlebench_inspect.graders.leaderboard import MEDAL_TIERS
from mlebench_inspect.graders.report import GradingReport
from mlebench_inspect.reporting.conduct import conduct, gravest
from mlebench_inspect.reporting.differences import between_revisions
from mlebench_inspect.reporting.measures import HOUR, over_time, spent
from mlebench_inspect.reporting.pooling import pool
from mlebench_inspect.reporting.records import Reading, ReportingError, Result
from mlebench_inspect.reporting.rows import Row, circumstances
from mlebench_inspect.reporting.summaries import UNDEFINED, Cause, CompetitionRow, Figure, SeedRule, SettingReport
from mlebench_inspect.reporting.validity import invalid_kinds
from mlebench_inspect.run.figures import KEYS, OF_TIERS, Run, clipped, ks, mean_and_sem, members_of
from mlebench_inspect.run.plan import groups_of
from mlebench_inspect.tasks import competition, competitions


def report(
    reading: Reading, *, split: str | None = None, seeds: SeedRule = "padded", pooled: Collection[str] = ()
) -> list[SettingReport]:
    """The figures of each row: what may be pooled for itself, see `pooling.pool`.

    Args:
        reading: What was run.
        split: Take exactly these competitions: those that were not run count as failures. Default: what was planned.
        seeds: A seed that lacks competitions is `padded` with failures, or only `complete` seeds count.
        pooled: Fields of the identity that may differ within a row.

    Raises:
        ReportingError: Nothing is left to report, or a field is unknown.
    """
    ids = [c.id for c in competitions(split)] if split else None
    rows = pool(reading, pooled, ids)
    hours = None if reading.cut_at is None else reading.cut_at / HOUR
    found = [
        report_row(row, ids or row.competitions, seeds).model_copy(
            update={"cut_at_hours": hours, "against_v2": between_revisions(row, rows)}
        )
        for row in rows
        if seeds == "padded" or _whole(row, ids)
    ]
    if not found:
        raise ReportingError(f"no {'complete seed' if seeds == 'complete' else 'result'} of the split {split or 'all'}")
    return found


def _whole(row: Row, ids: Sequence[str] | None) -> list[int]:
    """The seeds in which everything has a score."""
    wanted = ids or row.competitions
    return [s for s in range(1, row.seeds + 1) if all(row.status(c, s) == "scored" for c in wanted)]


def report_row(row: Row, ids: Sequence[str], rule: SeedRule = "padded") -> SettingReport:
    """The figures of one row over exactly the competitions `ids`; with the rule `complete`, at least one must be."""
    seeds = _whole(row, ids) if rule == "complete" else list(range(1, row.seeds + 1))
    table = {s: {c: row.cells[c, s] for c in ids if (c, s) in row.cells} for s in seeds}
    results = [result for found in table.values() for result in found.values()]
    reports = {s: {c: r.report for c, r in found.items()} for s, found in table.items()}
    run = run_of(reports, ids, is_published=(row.setting.data, row.setting.revision) == ("real", "v1"))
    boardless, tiered = run.percentile()[2], run.tiered()
    lacking = {
        status: [_pair(c, s, row.seeds) for c in run.members for s in seeds if row.status(c, s) == status]
        for status in ("unscored", "not run")
    }
    categories = members_of(run.groups, "category", run.members)
    tokens = [r.tokens for r in results if r.tokens is not None]
    seconds = [r.seconds for r in results if r.seconds is not None]
    costs = [r.cost for r in results if r.cost is not None]
    return SettingReport(
        **row.setting._asdict(),
        variant=row.variant,
        identity=row.identity,
        fields=dict(row.fields),
        hardware=sorted({r.hardware for r in row.runs if r.hardware}),
        seeds=len(seeds),
        seed_rule=rule,
        competitions=len(run.members),
        development=len(ids) - len(run.members),
        without_score=run.without_score,
        any_medal=_levels(run),
        by_category={n: _figure(run, "any_medal", m) for n, m in categories.items()},
        outcomes={k: _figure(run, k, run.members) for k in KEYS if k != "any_medal"},
        percentile=_percentile(run, run.members),
        percentile_by_complexity=_percentiles(run, members_of(run.groups, "complexity", run.members)),
        percentile_by_category=_percentiles(run, categories),
        boardless=boardless,
        tierless=[c for c in run.members if c not in tiered],
        pass_at_k={k: run.pass_at(k) for k in ks(len(seeds)) if tiered},
        pass_hat_k={k: run.pass_hat(k) for k in ks(len(seeds)) if tiered},
        per_competition=[_row(c, [table[s].get(c) for s in seeds], run) for c in ids],
        reasons=dict(Counter(sorted(r.reason for r in results if r.status == "scored" and r.reason)).most_common()),
        causes=_causes(row, ids, seeds),
        unscored=lacking["unscored"],
        not_run=lacking["not run"],
        dropped_seeds=row.seeds - len(seeds),
        tokens=sum(tokens) if tokens else None,
        cost=round(math.fsum(costs), 2) if costs else None,
        crashes=sum(r.reason == "agent_crashed" for r in results),
        limits=dict(Counter(r.limit for r in results if r.limit).most_common()),
        ends=dict(Counter(sorted(r.ended_by for r in results if r.status == "scored" and r.ended_by)).most_common()),
        hours=round(math.fsum(seconds) / 3600, 2) if seconds else None,
        pooling=[*row.notes, *circumstances(row)],
        **_measures(row, run, results),
    )


def _measures(row: Row, run: Run, results: Sequence[Result]) -> dict[str, Any]:
    """What is measured over the members beside medals: see `measures` and `validity`."""
    members = set(run.members)
    among = [r for r in results if r.competition in members]
    return {
        "normalised": _normalised(run),
        "without_leaks": _without_leaks(run, row.setting.revision),
        "over_time": over_time(row.cells, run.tiered(), list(run.outcomes)),
        "conduct": conduct(row.cells, run.members, list(run.outcomes), run.tiered()),
        "invalid": invalid_kinds(among),
        **spent(among)._asdict(),
    }


def _percentile(run: Run, ids: Sequence[str]) -> Figure | None:
    mean, sem, boardless = run.percentile(ids)
    return None if math.isnan(mean) else Figure(mean=mean, sem=sem, competitions=len(ids) - len(boardless))


def _percentiles(run: Run, groups: Mapping[str, Sequence[str]]) -> dict[str, Figure]:
    """By group; those without any published board are left out."""
    return {name: found for name, ids in groups.items() if (found := _percentile(run, ids))}


def _normalised(run: Run) -> Figure | None:
    mean, sem, known = run.normalised()
    return Figure(mean=mean, sem=sem, competitions=known) if known else None


def _without_leaks(run: Run, revision: str) -> Figure | None:
    """Any medal over the members without a known leak: per seed over these, then over seeds, as any medal itself."""
    sound = [c for c in run.members if not competition(c).leaks]
    return _figure(run, "any_medal", sound) if sound and revision.split(" ")[0] == "v1" else None


def _levels(run: Run) -> dict[str, Figure]:
    """Any medal by complexity, and of all: `dev` and `own` are apart, and in `all` only where nothing else is run."""
    levels = {n: _figure(run, "any_medal", m) for n, m in members_of(run.groups, "complexity").items()}
    return levels | {"all": _figure(run, "any_medal", run.members)}


def _causes(row: Row, ids: Sequence[str], seeds: Sequence[int]) -> list[Cause]:
    found: dict[tuple[str, str], list[str]] = defaultdict(list)
    for c in ids:
        for s in seeds:
            result = row.cells.get((c, s))
            if result is not None and result.status == "unscored":
                found[result.reason or "unscored", result.cause or "not known"].append(_pair(c, s, row.seeds))
    return [Cause(reason=reason, cause=cause, samples=pairs) for (reason, cause), pairs in found.items()]


def run_of(
    reports: Mapping[int, Mapping[str, GradingReport | None]], ids: Sequence[str], *, is_published: bool = False
) -> Run:
    """The outcomes in grading reports, by seed and competition, over exactly the competitions `ids`."""
    found = [competition(i) for i in ids]
    return Run.of(
        {s: {c: _values(r) for c, r in row.items() if r is not None and c in ids} for s, row in reports.items()},
        {c.id: groups_of(c.id) for c in found},
        is_published=is_published,
    )


def _values(report: GradingReport) -> dict[str, float]:
    won = {
        "any_medal": report.any_medal,
        "gold": report.gold_medal,
        "silver": report.silver_medal,
        "bronze": report.bronze_medal,
        "above_median": report.above_median,
    }
    return {
        **{key: float(outcome) for key, outcome in won.items() if outcome is not None},
        "valid": float(report.valid_submission),
        "made": float(report.submission_exists),
        "percentile": report.percentile or 0.0,
        **clipped(report.competition_id, report.score),
    }


def _figure(run: Run, key: str, ids: Sequence[str]) -> Figure:
    mean, sem = run.percent(key, ids)
    return Figure(mean=mean, sem=sem, competitions=len(run.tiered(ids) if key in OF_TIERS else ids))


def _pair(competition_id: str, seed: int, seeds: int) -> str:
    return competition_id if seeds == 1 else f"{competition_id} (seed {seed})"


def _row(competition_id: str, results: Sequence[Result | None], run: Run) -> CompetitionRow:
    found, has_tiers = competition(competition_id), bool(run.tiered([competition_id]))
    reports = [r.report if r else None for r in results]
    scores = [r.score if r else None for r in reports]
    usage = [r.usage if r else None for r in results]
    mean, sem = mean_and_sem([100.0 * bool(r and r.any_medal) for r in reports])
    percentile, _ = mean_and_sem([(r.percentile if r else None) or 0.0 for r in reports])
    return CompetitionRow(
        competition_id=found.id,
        complexity=found.complexity,
        category=found.category,
        metric=found.metric,
        is_lower_better=not found.higher_is_better,
        outcomes=[_outcome(r) for r in results],
        reasons=[r.reason if r else None for r in results],
        scores=scores,
        percentiles=[r.percentile if r else None for r in reports],
        limits=[r.limit if r else None for r in results],
        ends=[r.ended_by if r else None for r in results],
        tokens=[r.tokens if r else None for r in results],
        input_tokens=[u.input if u else None for u in usage],
        output_tokens=[u.output if u else None for u in usage],
        cached_tokens=[u.cached if u else None for u in usage],
        normalised=[None if s is None or not run.is_published else found.normalised(s) for s in scores],
        costs=[r.cost if r else None for r in results],
        seconds=[r.seconds if r else None for r in results],
        conduct=[gravest(r) for r in results],
        best_tier=min((r.medal for r in reports if r and r.medal), key=MEDAL_TIERS.index, default="none")
        if has_tiers
        else None,
        any_medal=Figure(mean=mean, sem=sem, competitions=1) if has_tiers else UNDEFINED,
        percentile=round(percentile, 2) if found.has_leaderboard else None,
    )


def _outcome(result: Result | None) -> str:
    if result is None or result.report is None:
        return result.status if result else "not run"
    if not result.report.submission_exists:
        return "no submission"
    return (result.report.medal or "valid") if result.report.valid_submission else "invalid"

"""Figures over many results: what a table of published results says, and what stands behind it."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Literal

from pydantic import BaseModel

from mlebench_inspect.graders.leaderboard import MEDAL_TIERS, MedalTier
from mlebench_inspect.graders.report import GradingReport
from mlebench_inspect.reporting.results import ReportingError, Result, Setting
from mlebench_inspect.run.figures import KEYS, Run, mean_and_sem, members_of
from mlebench_inspect.tasks import competition, competitions

SeedRule = Literal["padded", "complete"]
LEVELS = ("low", "medium", "high", "all")


class Figure(BaseModel):
    """A percentage: mean over seeds, and the standard error of the mean (ddof 1; 0 for one seed)."""

    mean: float
    sem: float
    competitions: int

    def __str__(self) -> str:
        return f"{self.mean:.2f} ± {self.sem:.2f}"


class CompetitionRow(BaseModel):
    """One competition over all seeds."""

    competition_id: str
    complexity: str
    category: str
    metric: str
    is_lower_better: bool
    outcomes: list[str]
    """By seed: a tier, `invalid`, `no submission`, `error` or `not run`."""
    scores: list[float | None]
    best_score: float | None
    best_tier: MedalTier
    any_medal: Figure
    percentile: float | None
    """Mean over the seeds that have one."""


class SettingReport(BaseModel):
    """All figures of one setting."""

    solver: str
    model: str
    data: str
    revision: str
    hardware: list[str]
    seeds: int
    seed_rule: SeedRule
    competitions: int
    any_medal: dict[str, Figure]
    """By complexity, and `all`."""
    by_category: dict[str, Figure]
    outcomes: dict[str, Figure]
    """Over all competitions: gold, silver, bronze, above_median, valid, made."""
    pass_at_k: dict[int, float]
    per_competition: list[CompetitionRow]
    errors: list[str]
    not_run: list[str]
    dropped_seeds: int = 0
    tokens: int | None = None
    hours: float | None = None

    @property
    def setting(self) -> Setting:
        """The setting that the figures are of."""
        return Setting(self.data, self.revision, self.solver, self.model)

    def notes(self) -> list[str]:
        """What a reader must know to read the figures right."""
        lines = []
        if self.data == "miniature":
            lines.append("MINIATURE data: generated, so these are no results and no comparison with people.")
        lines.append(
            f"{self.competitions} competitions, {self.seeds} seed{'s' * (self.seeds != 1)}, revision {self.revision}; "
            f"hardware: {'; '.join(self.hardware) or 'not known'}."
        )
        if self.seeds < 3:
            lines.append("Published results are means over at least 3 seeds.")
        if self.dropped_seeds:
            lines.append(f"{self.dropped_seeds} incomplete seeds are left out.")
        for name, pairs in (("ended in an error", self.errors), ("not run", self.not_run)):
            if pairs:
                shown = ", ".join(pairs[:10]) + (f" and {len(pairs) - 10} more" if len(pairs) > 10 else "")
                lines.append(f"Counted as failures, because {name}: {shown}.")
        whole = {level: len(competitions(level)) for level in LEVELS}
        lacking = [
            f"{f.competitions} of {whole[level]} ({level})"
            for level, f in self.any_medal.items()
            if level in whole and f.competitions < whole[level]
        ]
        if lacking and self.data == "real":
            lines.append(f"Not whole splits: {', '.join(lacking)}.")
        return lines + (self._closed() if self.data == "real" and self.competitions > 1 else [])

    def _closed(self) -> list[str]:
        """Which competitions that few users can still get are in the denominators, and which are not."""
        ran = {row.competition_id for row in self.per_competition}
        closed = [c for c in competitions("all") if not c.joinable and c.complexity in self.any_medal]
        lines = []
        for counted, where in ((True, "counted in"), (False, "left out of")):
            names = [c.id for c in closed if (c.id in ran) == counted]
            if names:
                lines.append(f"Can no longer be joined on Kaggle, and {where} these figures: {', '.join(names)}.")
        return lines


def report(results: Sequence[Result], *, split: str | None = None, seeds: SeedRule = "padded") -> list[SettingReport]:
    """The figures of each setting: real and miniature data, v1 and v2, and each solver and model for itself.

    Args:
        results: What was run.
        split: Take exactly these competitions: those that were not run count as failures. Default: what was run.
        seeds: A seed that lacks competitions is `padded` with failures, or only `complete` seeds count.

    Raises:
        ReportingError: Nothing is left to report.
    """
    by_setting: dict[Setting, list[Result]] = defaultdict(list)
    for result in results:
        by_setting[result.setting].append(result)
    reports = [_of_setting(s, rows, split, seeds) for s, rows in sorted(by_setting.items())]
    found = [r for r in reports if r is not None]
    if not found:
        raise ReportingError(f"no {'complete seed' if seeds == 'complete' else 'result'} of the split {split or 'all'}")
    return found


def _of_setting(setting: Setting, results: list[Result], split: str | None, rule: SeedRule) -> SettingReport | None:
    ids = [c.id for c in competitions(split)] if split else sorted({r.competition for r in results})
    results = [r for r in results if r.competition in set(ids)]
    if not results:
        return None
    table: dict[int, dict[str, Result]] = defaultdict(dict)
    for result in results:
        table[result.seed][result.competition] = result
    dropped = 0
    if rule == "complete":
        kept = {s: row for s, row in table.items() if all(c in row and row[c].status == "scored" for c in ids)}
        dropped = len(table) - len(kept)
        if not kept:
            return None
        table = defaultdict(dict, kept)
        results = [r for r in results if r.seed in kept]
    run = run_of({s: {c: r.report for c, r in row.items()} for s, row in table.items()}, ids)
    levels = members_of(run.groups, "complexity")
    main = [c for c in ids if run.groups[c]["complexity"] != "dev"] or ids  # dev is not part of the benchmark's "all"
    rows = [_row(c, [table[s].get(c) for s in sorted(table)]) for c in ids]
    missing = [
        (c, s, table[s][c].status if c in table[s] else "not run")
        for c in ids
        for s in sorted(table)
        if c not in table[s] or table[s][c].status != "scored"
    ]
    tokens = [r.tokens for r in results if r.tokens is not None]
    seconds = [r.seconds for r in results if r.seconds is not None]
    return SettingReport(
        solver=setting.solver,
        model=setting.model,
        data=setting.data,
        revision=setting.revision,
        hardware=sorted({r.hardware for r in results if r.hardware}),
        seeds=len(table),
        seed_rule=rule,
        competitions=len(ids),
        any_medal={
            **{n: _figure(run, "any_medal", m) for n, m in levels.items()},
            "all": _figure(run, "any_medal", main),
        },
        by_category={n: _figure(run, "any_medal", m) for n, m in members_of(run.groups, "category").items()},
        outcomes={k: _figure(run, k, main) for k in KEYS if k != "any_medal"},
        pass_at_k={k: run.pass_at(k) for k in range(1, len(table) + 1)} if len(table) > 1 else {},
        per_competition=rows,
        errors=[_pair(c, s, len(table)) for c, s, status in missing if status == "error"],
        not_run=[_pair(c, s, len(table)) for c, s, status in missing if status == "not run"],
        dropped_seeds=dropped,
        tokens=sum(tokens) if tokens else None,
        hours=round(math.fsum(seconds) / 3600, 2) if seconds else None,
    )


def run_of(reports: Mapping[int, Mapping[str, GradingReport | None]], ids: Sequence[str]) -> Run:
    """The outcomes in grading reports, by seed and competition, over exactly the competitions `ids`."""
    found = [competition(i) for i in ids]
    return Run.of(
        {s: {c: _values(r) for c, r in row.items() if r is not None and c in ids} for s, row in reports.items()},
        {c.id: {"complexity": c.complexity, "category": c.category} for c in found},
    )


def _values(report: GradingReport) -> dict[str, float]:
    return {
        "any_medal": float(report.any_medal),
        "gold": float(report.gold_medal),
        "silver": float(report.silver_medal),
        "bronze": float(report.bronze_medal),
        "above_median": float(report.above_median),
        "valid": float(report.valid_submission),
        "made": float(report.submission_exists),
    }


def _figure(run: Run, key: str, ids: Sequence[str]) -> Figure:
    mean, sem = run.percent(key, ids)
    return Figure(mean=mean, sem=sem, competitions=len(ids))


def _pair(competition_id: str, seed: int, seeds: int) -> str:
    return competition_id if seeds == 1 else f"{competition_id} (seed {seed})"


def _row(competition_id: str, results: Sequence[Result | None]) -> CompetitionRow:
    found = competition(competition_id)
    reports = [r.report if r else None for r in results]
    scores = [r.score if r else None for r in reports]
    finite = [s for s in scores if s is not None]
    percentiles = [r.percentile for r in reports if r and r.percentile is not None]
    mean, sem = mean_and_sem([100.0 * bool(r and r.any_medal) for r in reports])
    return CompetitionRow(
        competition_id=found.id,
        complexity=found.complexity,
        category=found.category,
        metric=found.metric,
        is_lower_better=not found.higher_is_better,
        outcomes=[_outcome(r) for r in results],
        scores=scores,
        best_score=(max if found.higher_is_better else min)(finite) if finite else None,
        best_tier=min((r.medal for r in reports if r), key=MEDAL_TIERS.index, default="none"),
        any_medal=Figure(mean=mean, sem=sem, competitions=1),
        percentile=round(math.fsum(percentiles) / len(percentiles), 2) if percentiles else None,
    )


def _outcome(result: Result | None) -> str:
    if result is None or result.report is None:
        return result.status if result else "not run"
    if not result.report.submission_exists:
        return "no submission"
    return result.report.medal if result.report.valid_submission else "invalid"


class Difference(BaseModel):
    """Any medal of one setting against another, competition by competition."""

    points: float
    """Percentage points."""
    sem: float
    """Standard error over competitions."""


class Comparison(BaseModel):
    """Settings side by side, over the competitions that all of them have."""

    title: str
    competitions: list[str]
    left_out: list[str]
    rows: list[SettingReport]
    against_first: list[Difference | None]


def compare(results: Sequence[Result], *, by: str | None = None) -> list[Comparison]:
    """Settings side by side; one table for each kind of data, revision, and value of what is not compared.

    Args:
        results: What was run.
        by: `solver` or `model`: the other one is kept apart. None: all in one table.
    """
    tables: dict[tuple[str, ...], list[Result]] = defaultdict(list)
    for r in results:
        fixed = {"solver": (r.setting.model,), "model": (r.setting.solver,), None: ()}[by]
        tables[r.setting.data, r.setting.revision, *fixed].append(r)
    return [_compare(key, members) for key, members in sorted(tables.items())]


def _compare(key: tuple[str, ...], results: list[Result]) -> Comparison:
    by_setting: dict[Setting, set[str]] = defaultdict(set)
    for result in results:
        by_setting[result.setting].add(result.competition)
    common = set.intersection(*by_setting.values())
    title = ", ".join([*key[2:], f"{key[0]} data, revision {key[1]}"])
    if not common:
        raise ReportingError(f"{title}: the runs have no competition in common")
    rows = report([r for r in results if r.competition in common])
    first = {r.competition_id: r.any_medal.mean for r in rows[0].per_competition}
    differences: list[Difference | None] = [None]
    for row in rows[1:]:
        points, sem = mean_and_sem([r.any_medal.mean - first[r.competition_id] for r in row.per_competition])
        differences.append(Difference(points=points, sem=sem))
    return Comparison(
        title=title,
        competitions=sorted(common),
        left_out=sorted({r.competition for r in results} - common),
        rows=rows,
        against_first=differences,
    )

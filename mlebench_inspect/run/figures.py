"""The figures of the log: percentages over seeds with their standard error, groups, percentile, pass@k, pass^k.

As in the published tables, a percentage is taken per seed over all competitions of the run, and the error is the
standard error of the mean over seeds (ddof 1). A competition that has no score in a seed, because of an error or since
it was not run, counts as a failure in that seed; `without_score` says how many did. All figures are over one
population: the run's competitions, without those for development and those of one's own unless it has no others. What
is said of medals and of the median is over those of them that have medal tiers: elsewhere it is undefined, no failure.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeGuard

from inspect_ai.scorer import Metric, SampleScore, Value, metric

from mlebench_inspect.run.plan import TIERS, Plan, groups_of, has_board, normalised
from mlebench_inspect.tasks import APART

Outcomes = dict[int, dict[str, dict[str, float]]]  # seed -> competition -> key of the score -> value
MOST_K = 16
OF_TIERS = ("any_medal", "gold", "silver", "bronze", "above_median")
KEYS = (*OF_TIERS, "valid", "made")


@dataclass(frozen=True)
class Run:
    """Outcomes of every competition in every seed, failures filled in."""

    outcomes: Outcomes
    groups: dict[str, dict[str, str]]
    """Complexity and category of each competition, and that it has no medal tiers."""
    without_score: int
    """(competition, seed) pairs of the population without a score: errors, or never run. They count as failures."""
    is_published: bool = False
    """Whether it is of the published split, real data in revision v1, which the constants of competitions are of."""

    @staticmethod
    def of(
        outcomes: Mapping[int, Mapping[str, dict[str, float]]],
        groups: dict[str, dict[str, str]],
        *,
        is_published: bool = False,
    ) -> Run:
        """The run with these outcomes; a competition of `groups` that a seed lacks is a failure."""
        groups = {c: _as_graded(g, [row[c] for row in outcomes.values() if row.get(c)]) for c, g in groups.items()}
        filled = {seed: {c: row.get(c, {}) for c in groups} for seed, row in sorted(outcomes.items())}
        members = population(groups)
        lacking = sum(c not in row for row in outcomes.values() for c in members)
        return Run(filled, groups, lacking, is_published)

    @cached_property
    def members(self) -> list[str]:
        """The population of all figures."""
        return population(self.groups)

    def percent(self, key: str, competitions: Iterable[str] | None = None) -> tuple[float, float | None]:
        """Mean and standard error over seeds of the percentage of competitions with outcome 1; default: all members.

        Of medals and the median over those that have medal tiers; NaN where none has.
        """
        wanted = self.members if competitions is None else list(competitions)
        counted = self.tiered(wanted) if key in OF_TIERS else wanted
        return self._over_seeds(key, counted, 100.0) if counted else (math.nan, None)

    def tiered(self, competitions: Iterable[str] | None = None) -> list[str]:
        """Those in which medals are defined; of all members."""
        wanted = self.members if competitions is None else competitions
        return [c for c in wanted if self.groups.get(c, {}).get(TIERS) != "none"]

    def percentile(self, competitions: Iterable[str] | None = None) -> tuple[float, float | None, list[str]]:
        """Mean percentile, its standard error, and those without a published board, which are left out; of all members.

        Of one competition in one seed: percent of the human teams that were beaten, plus half of those tied; 0 without
        a valid submission or without a score. Averaged per seed over competitions, then over seeds.
        """
        wanted = self.members if competitions is None else list(competitions)
        ranked = [c for c in wanted if has_board(c)]
        mean, sem = self._over_seeds("percentile", ranked, 1.0) if ranked else (math.nan, None)
        return mean, sem, [c for c in wanted if c not in set(ranked)]

    def pass_at(self, k: int) -> float:
        """Percent: mean over competitions with medal tiers of the chance that one of k seeds wins a medal."""
        return self._chance(pass_at_k, k)

    def pass_hat(self, k: int) -> float:
        """Percent: mean over competitions with medal tiers of the chance that all of k seeds win a medal."""
        return self._chance(pass_hat_k, k)

    def normalised(self) -> tuple[float, float | None, int]:
        """Mean normalised score in percent, its standard error, and over how many competitions.

        Of one competition in one seed: (score - sample submission's score) / (gold threshold - sample submission's
        score), clipped to 0 and 1; 0 without a valid submission, a finite score or any score. Averaged per seed over
        the competitions whose sample submission has a known score, then over seeds; NaN over none, and off the
        published split.
        """
        known = [c for c in self.members if self.is_published and normalised(c, 0.0) is not None]
        mean, sem = self._over_seeds("normalised", known, 100.0) if known else (math.nan, None)
        return mean, sem, len(known)

    def _chance(self, estimate: Callable[[int, int, int], float], k: int) -> float:
        n = len(self.outcomes)
        ids = self.tiered()
        won = [round(math.fsum(row[c].get("any_medal", 0.0) for row in self.outcomes.values())) for c in ids]
        return 100 * math.fsum(estimate(n, c, k) for c in won) / len(won)

    def _over_seeds(self, key: str, competitions: Iterable[str] | None, factor: float) -> tuple[float, float | None]:
        wanted = self.members if competitions is None else list(competitions)
        return mean_and_sem(
            [factor * math.fsum(row[c].get(key, 0.0) for c in wanted) / len(wanted) for row in self.outcomes.values()]
        )


def _as_graded(groups: dict[str, str], graded: Sequence[Mapping[str, float]]) -> dict[str, str]:
    """Whether there are medal tiers is known by what was graded, before or after they were written down or taken away.

    Where only some of a competition's seeds were graded with them, there is nothing to average.
    """
    if not graded:
        return groups
    others = {key: value for key, value in groups.items() if key != TIERS}
    return others if all("any_medal" in values for values in graded) else {**others, TIERS: "none"}


def population(groups: Mapping[str, Mapping[str, str]]) -> list[str]:
    """The competitions that figures are over: `dev` and `own` count only where nothing else is run."""
    return [c for c, g in groups.items() if g.get("complexity") not in APART] or list(groups)


def collect(scores: Sequence[SampleScore]) -> Run:
    """The outcomes behind the scores, with failures for what has no score: by the plan that the scores carry."""
    found: Outcomes = defaultdict(dict)
    groups: dict[str, dict[str, str]] = {}
    plans: dict[tuple[object, ...], Plan] = {}
    kinds = set()
    for sample in scores:
        meta = sample.score.metadata or {}
        competition_id = str(meta.get("competition", sample.sample_id))
        seed = int(meta.get("seed", 1))
        values = values_of(sample.score.value)
        if values is not None:
            found[seed][competition_id] = values | clipped(competition_id, values.get("score"))
        ran = meta.get("run_data"), meta.get("run_revision")
        kinds.add((*ran, meta.get("data", ran[0]), meta.get("revision", ran[1])))
        carried = meta.get("plan") or {}
        key = (carried.get("seeds"), *carried.get("competitions", ()))
        if carried and key not in plans:  # one plan, as often as there are scores
            plans[key] = Plan.model_validate(carried)
        found.setdefault(seed, {})
        groups.setdefault(competition_id, groups_of(competition_id))
    for plan in plans.values():
        groups |= plan.competitions
        for planned in range(1, plan.seeds + 1):
            found.setdefault(planned, {})
    return Run.of(found, groups, is_published=kinds == {("real", "v1") * 2})


def clipped(competition_id: str, score: float | None) -> dict[str, float]:
    """A score's place between sample submission and gold threshold, 0 to 1, as a value of an outcome; where known."""
    place = None if score is None else normalised(competition_id, score)
    return {} if place is None else {"normalised": min(max(place, 0.0), 1.0)}


def values_of(value: Value) -> dict[str, float] | None:
    """The numbers of a score that are numbers; None for a score that stands for none (`valid` is NaN)."""
    if not is_result(value):
        return None
    numbers = {k: float(v) for k, v in value.items() if isinstance(v, int | float)}
    return {k: v for k, v in numbers.items() if not math.isnan(v)}


def is_result(value: object) -> TypeGuard[Mapping[str, Any]]:
    """Whether a score's value is one of a submission, and does not stand for none."""
    valid = value.get("valid") if isinstance(value, Mapping) else None
    return isinstance(valid, int | float) and not math.isnan(valid)


def mean_and_sem(values: Sequence[float]) -> tuple[float, float | None]:
    """Mean, and its standard error with ddof 1; None for a single value, which has none."""
    n = len(values)
    mean = math.fsum(values) / n
    if n < 2:
        return mean, None
    variance = math.fsum((v - mean) ** 2 for v in values) / (n - 1)
    return mean, math.sqrt(variance / n)


def pass_at_k(n: int, c: int, k: int) -> float:
    """Unbiased estimate of the chance that one of k tries succeeds, given c successes in n: 1 - C(n-c, k) / C(n, k).

    Source: Chen et al., "Evaluating Large Language Models Trained on Code", arXiv 2107.03374.
    """
    return 1.0 - math.comb(n - c, k) / math.comb(n, k)


def pass_hat_k(n: int, c: int, k: int) -> float:
    """Unbiased estimate of the chance that all of k tries succeed, given c successes in n: C(c, k) / C(n, k).

    Source: Yao et al., "tau-bench", arXiv 2406.12045, which calls it pass^k.
    """
    return math.comb(c, k) / math.comb(n, k)


def ks(seeds: int) -> list[int]:
    """The k of pass@k and pass^k that are shown for so many seeds: powers of 2, and all; none for one seed."""
    return [k for k in range(1, seeds + 1) if k == seeds or (k <= MOST_K and k.bit_count() == 1)] if seeds > 1 else []


@metric(scores="unreduced")
def medals() -> Metric:  # inspect-evals-lint: ignore[IETS008] -- unreduced; tests/test_metrics.py evaluates it
    """Percentages over the competitions of the run: mean over seeds, and its standard error under `<name>_sem`.

    First `any_medal`, the headline, then the tiers, any medal again by complexity, `percentile` over the
    `percentile_competitions` that have a published board, `pass_at_k` for k = 1, 2, 4, 8, 16 and the number of seeds
    (best of all seeds), `pass_hat_<n>` (the share with a medal in each of the n seeds), `normalised` over the
    `normalised_competitions` where it is defined, `medal_competitions` where not all have medal tiers, and the counts
    behind all this. One seed has no standard error, and so no `<name>_sem`.
    """

    def compute(scores: list[SampleScore]) -> Value:
        return dict(figures(collect(scores))) if scores else {"any_medal": float("nan")}

    return compute


def figures(run: Run) -> dict[str, float]:
    """All figures of a run that its log holds, by name, the most important first."""
    result: dict[str, float] = {}

    def add(name: str, mean: float, sem: float | None) -> None:
        result[name] = mean
        if sem is not None:
            result[f"{name}_sem"] = sem

    for key in KEYS:
        add(key, *run.percent(key))
    levels = members_of(run.groups, "complexity")
    for name, members in levels.items():
        if run.tiered(members):
            add(name, *run.percent("any_medal", members))
    mean, sem, boardless = run.percentile()
    if not math.isnan(mean):
        add("percentile", mean, sem)
        result["percentile_competitions"] = len(run.members) - len(boardless)
    seeds = len(run.outcomes)
    if len(run.tiered()) < len(run.members):
        result["medal_competitions"] = len(run.tiered())
    medals_known = bool(run.tiered())
    result.update({f"pass_at_{k}": run.pass_at(k) for k in ks(seeds) if medals_known})
    if seeds > 1 and medals_known:
        result[f"pass_hat_{seeds}"] = run.pass_hat(seeds)
    mean, sem, known = run.normalised()
    if known:
        add("normalised", mean, sem)
        result["normalised_competitions"] = known
    result.update(competitions=len(run.members), seeds=seeds, without_score=run.without_score)
    return result


def members_of(
    groups: Mapping[str, Mapping[str, str]], kind: str, among: Iterable[str] | None = None
) -> dict[str, list[str]]:
    """Competitions by complexity (in order of difficulty) or by category; default: among all."""
    wanted = set(groups if among is None else among)
    names = sorted({g[kind] for c, g in groups.items() if kind in g and c in wanted}, key=_group_order)
    return {name: [c for c, g in groups.items() if g.get(kind) == name and c in wanted] for name in names}


def _group_order(name: str) -> tuple[int, str]:
    order = ["low", "medium", "high", *APART]
    return (order.index(name) if name in order else len(order), name)

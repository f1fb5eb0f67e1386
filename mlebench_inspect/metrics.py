"""The figures of the log: percentages over seeds with their standard error, groups, pass@k.

As in the published tables, a percentage is taken per seed over all competitions of the run, and the error is the
standard error of the mean over seeds (ddof 1). A competition that has no score in a seed, because of an error or since
it was not run, counts as a failure in that seed; `without_score` says how many did.
"""

from __future__ import annotations

import math
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from inspect_ai.dataset import Sample
from inspect_ai.log import EvalSpec
from inspect_ai.scorer import Metric, SampleScore, Value, metric
from inspect_ai.util import EarlyStop
from pydantic import JsonValue

Outcomes = dict[int, dict[str, dict[str, float]]]  # seed -> competition -> key of the score -> value
KEYS = ("any_medal", "gold", "silver", "bronze", "above_median", "valid", "made")
GROUPS = ("complexity", "category")


@dataclass(frozen=True)
class Run:
    """Outcomes of every competition in every seed, failures filled in."""

    outcomes: Outcomes
    groups: dict[str, dict[str, str]]
    """Complexity and category of each competition."""
    without_score: int
    """(competition, seed) pairs without a score: errors, or never run. They count as failures."""

    @staticmethod
    def of(outcomes: Mapping[int, Mapping[str, dict[str, float]]], groups: dict[str, dict[str, str]]) -> Run:
        """The run with these outcomes; a competition of `groups` that a seed lacks is a failure."""
        filled = {seed: {c: row.get(c, {}) for c in groups} for seed, row in sorted(outcomes.items())}
        return Run(filled, groups, sum(c not in row for row in outcomes.values() for c in groups))

    def percent(self, key: str, competitions: Iterable[str]) -> tuple[float, float]:
        """Mean and standard error over seeds of the percentage of `competitions` with outcome 1."""
        wanted = list(competitions)
        return mean_and_sem(
            [100 * math.fsum(row[c].get(key, 0.0) for c in wanted) / len(wanted) for row in self.outcomes.values()]
        )

    def pass_at(self, k: int) -> float:
        """Percent: mean over competitions of the chance that one of k seeds wins a medal."""
        n = len(self.outcomes)
        won = [round(math.fsum(row[c].get("any_medal", 0.0) for row in self.outcomes.values())) for c in self.groups]
        return 100 * math.fsum(pass_at_k(n, c, k) for c in won) / len(won)


@dataclass(frozen=True)
class Plan:
    """What a run is to contain."""

    groups: dict[str, dict[str, str]]
    seeds: int


PLANS: dict[str, Plan] = {}  # by the id of the task, which stays the same when a run is taken up again
_TASK_OF: dict[str, str] = {}  # evaluation -> id of the task


class Denominators:
    """Notes the plan of each run when it starts, so that what ends without a score still counts.

    Metrics are given scores and nothing else: a sample whose sandbox does not start would just be missing. Inspect
    tells the plan to an `EarlyStopping` manager, so this is one; it never stops anything.
    """

    async def start_task(self, task: EvalSpec, samples: list[Sample], epochs: int) -> str:
        _TASK_OF[task.eval_id] = task.task_id
        groups = {str(s.id): _groups_of(s.metadata or {}) for s in samples}
        PLANS[task.task_id] = Plan(groups, epochs)
        return "none"

    async def schedule_sample(self, id: str | int, epoch: int) -> EarlyStop | None:
        return None

    async def complete_sample(self, id: str | int, epoch: int, scores: dict[str, SampleScore]) -> None:
        pass

    async def complete_task(self) -> dict[str, JsonValue]:
        return {}


def task_of(evaluation: str) -> str:
    """The task of a running evaluation, as scores name it."""
    return _TASK_OF.get(evaluation, evaluation)


def _groups_of(metadata: Mapping[str, object]) -> dict[str, str]:
    return {k: str(metadata[k]) for k in GROUPS if k in metadata}


def collect(scores: Sequence[SampleScore]) -> Run:
    """The outcomes behind the scores, with failures for what has no score."""
    found: Outcomes = defaultdict(dict)
    groups: dict[str, dict[str, str]] = {}
    tasks = set()
    for sample in scores:
        meta = sample.score.metadata or {}
        competition_id = str(meta.get("competition", sample.sample_id))
        value = sample.score.value
        if isinstance(value, dict):  # else: no score
            found[int(meta.get("seed", 1))][competition_id] = {
                k: float(v) for k, v in value.items() if isinstance(v, int | float)
            }
        groups[competition_id] = _groups_of(meta)
        tasks.add(str(meta.get("task")))
    for plan in (PLANS[t] for t in tasks if t in PLANS):
        groups = plan.groups | groups
        for seed in range(1, plan.seeds + 1):
            found.setdefault(seed, {})
    return Run.of(found, groups)


def mean_and_sem(values: Sequence[float]) -> tuple[float, float]:
    """Mean, and its standard error with ddof 1 (0 for a single value)."""
    n = len(values)
    mean = math.fsum(values) / n
    if n < 2:
        return mean, 0.0
    variance = math.fsum((v - mean) ** 2 for v in values) / (n - 1)
    return mean, math.sqrt(variance / n)


def pass_at_k(n: int, c: int, k: int) -> float:
    """Unbiased estimate of the chance that one of k tries succeeds, given c successes in n: 1 - C(n-c, k) / C(n, k).

    Source: Chen et al., "Evaluating Large Language Models Trained on Code", arXiv 2107.03374.
    """
    return 1.0 - math.comb(n - c, k) / math.comb(n, k)


@metric(scores="unreduced")
def medals() -> Metric:
    """Percentages over the competitions of the run: mean over seeds, and its standard error under `<name>_sem`.

    `any_medal` is the headline. By complexity and category any medal again, with the number of competitions under
    `<group>_competitions`; `pass_at_k` for k up to the number of seeds (the last is best of all seeds); `percentile`,
    the mean over the `percentile_samples` that have one; and the counts behind all this.
    """

    def compute(scores: list[SampleScore]) -> Value:
        if not scores:
            return {"any_medal": float("nan")}
        run = collect(scores)
        result: dict[str, float] = {}
        for key in KEYS:
            result[key], result[f"{key}_sem"] = run.percent(key, run.groups)
        for kind in GROUPS:
            for name, members in members_of(run.groups, kind).items():
                label = re.sub(r"\W+", "_", name.lower()).strip("_")
                result[label], result[f"{label}_sem"] = run.percent("any_medal", members)
                result[f"{label}_competitions"] = len(members)
        seeds = len(run.outcomes)
        if seeds > 1:
            result.update({f"pass_at_{k}": run.pass_at(k) for k in range(1, seeds + 1)})
        ranked = [v for s in scores if not math.isnan(v := float(s.score.as_dict().get("percentile") or float("nan")))]
        if ranked:
            result["percentile"], result["percentile_sem"] = mean_and_sem(ranked)
            result["percentile_samples"] = len(ranked)
        result.update(competitions=len(run.groups), seeds=seeds, without_score=run.without_score)
        return dict(result)

    return compute


def members_of(groups: Mapping[str, Mapping[str, str]], kind: str) -> dict[str, list[str]]:
    """Competitions by complexity (in order of difficulty) or by category."""
    names = sorted({g[kind] for g in groups.values() if kind in g}, key=_group_order)
    return {name: [c for c, g in groups.items() if g.get(kind) == name] for name in names}


def _group_order(name: str) -> tuple[int, str]:
    order = ["low", "medium", "high", "dev"]
    return (order.index(name) if name in order else len(order), name)

"""The figures of the log: percentages over seeds with their standard error, groups, pass@k.

As in the published tables, a percentage is taken per seed over all competitions of the run, and the error is the standard
error of the mean over seeds (ddof 1). A sample that was started but has no score counts as a failure; so does a competition
that a seed lacks.
"""

from __future__ import annotations

import math
import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from inspect_ai.scorer import Metric, SampleScore, Value, metric

Started = dict[str, dict[tuple[str, int], dict[str, str]]]  # evaluation -> (competition, seed) -> groups

# Samples that this process started, by evaluation. An error leaves no score behind; this is how it still counts.
STARTED: Started = defaultdict(dict)

Outcomes = dict[int, dict[str, dict[str, float]]]  # seed -> competition -> key of the score -> value
KEYS = ("any_medal", "gold", "silver", "bronze", "above_median", "valid", "made")


@dataclass(frozen=True)
class Run:
    """Outcomes of every competition in every seed, failures filled in."""

    outcomes: Outcomes
    groups: dict[str, dict[str, str]]
    """Complexity and category of each competition."""
    without_score: int
    """Samples that were started but have no score (errors); they count as failures."""
    padded: int
    """(competition, seed) pairs that were never run; they count as failures."""

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


def note_start(evaluation: str, competition_id: str, seed: int, groups: dict[str, str]) -> None:
    """Notes that a sample was started, so that it stays in the denominator whatever becomes of it."""
    STARTED[evaluation][competition_id, seed] = groups


def collect(scores: Sequence[SampleScore]) -> Run:
    """The outcomes behind the scores, with failures for what has no score."""
    found: Outcomes = defaultdict(dict)
    groups: dict[str, dict[str, str]] = {}
    evaluations = set()
    for sample in scores:
        meta = sample.score.metadata or {}
        competition_id = str(meta.get("competition", sample.sample_id))
        found[int(meta.get("seed", 1))][competition_id] = sample.score.as_dict()
        groups[competition_id] = {k: str(meta[k]) for k in ("complexity", "category") if k in meta}
        evaluations.add(str(meta.get("evaluation")))
    without_score = 0
    for evaluation in evaluations:
        for (competition_id, seed), its_groups in STARTED.get(evaluation, {}).items():
            groups.setdefault(competition_id, its_groups)
            if competition_id not in found[seed]:
                found[seed][competition_id] = {}
                without_score += 1
    padded = 0
    for row in found.values():
        for competition_id in groups.keys() - row.keys():
            row[competition_id] = {}
            padded += 1
    return Run(dict(found), groups, without_score, padded)


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
    `<group>_competitions`; `pass_at_k` for k up to the number of seeds (the last is best of all seeds); `percentile`, the mean
    over the samples that have one; and the counts behind all this.
    """

    def compute(scores: list[SampleScore]) -> Value:
        if not scores:
            return {"any_medal": float("nan")}
        run = collect(scores)
        result: dict[str, float] = {}
        for key in KEYS:
            result[key], result[f"{key}_sem"] = run.percent(key, run.groups)
        for kind in ("complexity", "category"):
            for name in sorted({g[kind] for g in run.groups.values() if kind in g}, key=_group_order):
                members = [c for c, g in run.groups.items() if g.get(kind) == name]
                label = re.sub(r"\W+", "_", name.lower()).strip("_")
                result[label], result[f"{label}_sem"] = run.percent("any_medal", members)
                result[f"{label}_competitions"] = len(members)
        seeds = len(run.outcomes)
        if seeds > 1:
            result.update({f"pass_at_{k}": run.pass_at(k) for k in range(1, seeds + 1)})
        ranked = [v for s in scores if not math.isnan(v := float(s.score.as_dict().get("percentile") or float("nan")))]
        if ranked:
            result["percentile"], result["percentile_sem"] = mean_and_sem(ranked)
        result.update(
            competitions=len(run.groups), seeds=seeds, without_score=run.without_score, padded=run.padded
        )
        return dict(result)

    return compute


def _group_order(name: str) -> tuple[int, str]:
    order = ["low", "medium", "high", "dev"]
    return (order.index(name) if name in order else len(order), name)

"""Search policies against AIDE's, with a simulated engineer: equal calls, equal simulated seconds.

    python benchmarks/search_policies.py tune [--configurations 24] [--seeds 40]
    python benchmarks/search_policies.py compare [--seeds 200] [--first 10000] [--output FILE]
    python benchmarks/search_policies.py settings [--seeds 100]

`tune` draws settings at random and prints those that do best on the tuning seeds (0 and up); what it found is frozen in
`PLANS` of `mlebench_inspect/agents/search/plans.py`. `compare` runs seeds that no tuning has seen, and prints one
markdown table for each world: mean true score of what was submitted and the paired difference to AIDE's, with bootstrap
intervals over the seeds. `settings` varies folds, branches and time-outs.
"""

from __future__ import annotations

import argparse
import math
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path
from random import Random
from statistics import fmean
from typing import NamedTuple

from mlebench_inspect.agents.search.plans import PLANS, Plan, PolicyName
from mlebench_inspect.agents.search.simulated import Budget, World, simulate

HOUR = 3600.0
BUDGETS = {
    "25 steps, 4 h": Budget(25, 4 * HOUR),
    "100 steps, 12 h": Budget(100, 12 * HOUR),
    "300 steps, 24 h": Budget(300, 24 * HOUR),
}
WORLDS = {
    "operators help": World(),
    "merges, ablations and ensembles are worth nothing": World(
        merges_help=False, ablations_help=False, ensembles_help=False
    ),
}


class Entry(NamedTuple):
    """A policy with its settings."""

    policy: PolicyName
    plan: Plan
    parallel: int = 1


_BASE = "AIDE's (greedy)"
AIDE = Entry("greedy", Plan(drafts=5, debug_prob=0.5, debug_depth=3, ensembles=0))
"""Its published settings, one solution at a time."""


def true_scores(entry: Entry, budget: Budget, world: World, seeds: Sequence[int], jobs: int) -> list[float]:
    """The true score of what each seed's search submits."""
    one = partial(_one, entry, budget._replace(parallel=entry.parallel), world)
    if jobs == 1:
        return [one(seed) for seed in seeds]
    with ProcessPoolExecutor(jobs) as pool:
        return list(pool.map(one, seeds, chunksize=8))


def _one(entry: Entry, budget: Budget, world: World, seed: int) -> float:
    return simulate(entry.policy, entry.plan, budget, seed, world).true


def interval(values: Sequence[float], draws: int = 2000) -> tuple[float, float, float]:
    """Mean, and the ends of its 95 % bootstrap interval."""
    rng = Random(0)
    means = sorted(fmean(rng.choices(values, k=len(values))) for _ in range(draws))
    return fmean(values), means[math.floor(0.025 * draws)], means[math.ceil(0.975 * draws) - 1]


def shown(values: Sequence[float], form: str = ".2f") -> str:
    """Mean and interval in words."""
    mean, low, high = interval(values)
    return f"{mean:{form}} ({low:{form}} to {high:{form}})"


def drawn(policy: PolicyName, rng: Random) -> Entry:
    """Settings at random."""
    return Entry(
        policy,
        Plan(
            drafts=rng.choice((3, 5, 8, 12)),
            debug_prob=rng.choice((0.3, 0.5, 0.8, 1.0)),
            debug_depth=rng.choice((1, 2, 3, 5)),
            population=rng.choice((2, 3, 5, 8)),
            patience=rng.choice((2, 3, 5, 8)),
            merge_prob=rng.choice((0.05, 0.1, 0.2, 0.4)),
            ablate_prob=rng.choice((0.0, 0.1, 0.3)),
            draft_prob=rng.choice((0.0, 0.05, 0.1)),
            exploration=rng.choice((0.1, 0.2, 0.4, 0.8)),
            ensembles=rng.choice((0, 1, 2)),
            members=rng.choice((3, 5)),
        ),
        rng.choice((1, 2, 4, 8)),
    )


def gain(entry: Entry, seeds: Sequence[int], jobs: int, base: Callable[[str, str], list[float]]) -> float:
    """Mean difference to AIDE's over all budgets and worlds."""
    differences = []
    for world_name, world in WORLDS.items():
        for name, budget in BUDGETS.items():
            ours = true_scores(entry, budget, world, seeds, jobs)
            differences.append(fmean(ours) - fmean(base(world_name, name)))
    return fmean(differences)


def tune(arguments: argparse.Namespace) -> Iterator[str]:
    """The best of random settings for each policy, on the tuning seeds."""
    seeds = range(arguments.seeds)
    known = {
        (w, b): true_scores(AIDE, budget, world, seeds, arguments.jobs)
        for w, world in WORLDS.items()
        for b, budget in BUDGETS.items()
    }
    for policy in arguments.policies:
        rng = Random(policy)
        entries = [drawn(policy, rng) for _ in range(arguments.configurations)]
        found = [(gain(e, seeds, arguments.jobs, lambda w, b: known[w, b]), e) for e in entries]
        for value, entry in sorted(found, key=lambda f: -f[0])[:3]:
            yield f"{value:+.3f} {entry}"


def compare(arguments: argparse.Namespace) -> Iterator[str]:
    """A table for each world."""
    seeds = range(arguments.first, arguments.first + arguments.seeds)
    entries = {_BASE: AIDE, "AIDE's, 4 at once": AIDE._replace(parallel=4)}
    entries |= {name: Entry(name, tuned.plan, tuned.parallel) for name, tuned in PLANS.items()}
    for world_name, world in WORLDS.items():
        yield f"\n{world_name[0].upper()}{world_name[1:]}:\n"
        yield "| budget | policy | mean true score | difference to AIDE's |"
        yield "|---|---|--:|--:|"
        for budget_name, budget in BUDGETS.items():
            scores = {n: true_scores(e, budget, world, seeds, arguments.jobs) for n, e in entries.items()}
            base = scores[_BASE]
            for name, values in scores.items():
                paired = [a - b for a, b in zip(values, base, strict=True)]
                difference = "" if values is base else shown(paired, "+.2f")
                yield f"| {budget_name} | {name} | {shown(values)} | {difference} |"


def settings(arguments: argparse.Namespace) -> Iterator[str]:
    """What folds, branches and time-outs do to the default policy, at the middle budget."""
    seeds = range(arguments.first, arguments.first + arguments.seeds)
    plan = PLANS["evolutionary"]
    budget = BUDGETS["100 steps, 12 h"]
    varied = {f"folds={n}": (budget._replace(folds=n), plan.parallel) for n in (1, 3, 5, 10)}
    varied |= {f"parallel={n}": (budget, n) for n in (1, 2, 4, 8)}
    varied |= {f"step_timeout={n}": (budget._replace(step_timeout=n), plan.parallel) for n in (900, 1800, 3600, 14400)}
    yield "| setting | mean true score |"
    yield "|---|--:|"
    for name, (given, parallel) in varied.items():
        entry = Entry("evolutionary", plan.plan, parallel)
        yield f"| `{name}` | {shown(true_scores(entry, given, World(), seeds, arguments.jobs))} |"


COMMANDS = {"tune": tune, "compare": compare, "settings": settings}


def main() -> int:
    """Runs a command and prints what it finds as it comes."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("command", choices=COMMANDS)
    parser.add_argument("--seeds", type=int, default=None)
    parser.add_argument("--first", type=int, default=None)
    parser.add_argument("--configurations", type=int, default=24)
    parser.add_argument("--policies", nargs="+", default=list(PLANS), choices=list(PLANS))
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--output", type=Path)
    arguments = parser.parse_args()
    usual = {"tune": (40, 0), "compare": (200, 10_000), "settings": (100, 5_000)}[arguments.command]
    arguments.seeds = arguments.seeds or usual[0]
    arguments.first = usual[1] if arguments.first is None else arguments.first
    lines = []
    for line in COMMANDS[arguments.command](arguments):
        print(line, flush=True)
        lines.append(line)
    if arguments.output:
        arguments.output.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())

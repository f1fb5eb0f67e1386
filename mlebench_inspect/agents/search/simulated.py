"""A simulated engineer, to compare search policies over hundreds of runs within minutes.

The policies are those of a real run; what a model and a machine would do is drawn from a seeded generator. Every task
has its own difficulty, and every solution a true score, which the search never sees, and a measured one, which it does.
The unit of scores is the spread of what first drafts could be brought to. What the numbers below assume stands in
docs/search.md; they are assumptions, not measurements of any model.
"""

from __future__ import annotations

import heapq
import math
from random import Random
from typing import NamedTuple

from mlebench_inspect.agents.search.plans import Plan, PolicyName
from mlebench_inspect.agents.search.policies import next_step, reserve
from mlebench_inspect.agents.search.tree import STEPS, Node, Operator, Tree


class World(NamedTuple):
    """What is assumed of models, tasks and machines."""

    bugs: float = 0.35
    """Share of drafts that fail; of steps from a working solution it is 0.7 of that."""
    mended: float = 0.5
    """Share of debugging steps that mend."""
    hangs: float = 0.02
    """Share of scripts that never end."""
    gap: float = 1.0
    """Mean distance of a draft from what its approach can reach."""
    improves: float = 0.4
    """Share of improvements that are any."""
    breakthrough: float = 0.05
    """Share of improvements that lift what the approach can reach."""
    noise: float = 0.25
    """Standard deviation of a score measured on one fold."""
    bias: float = 0.15
    """Standard deviation of what a solution's own way of validating adds, which its descendants inherit."""
    biased: float = 0.15
    """Share of steps that change that way."""
    seconds: float = 600.0
    """Median time of a training with five folds, on all CPUs."""
    call: float = 45.0
    """Seconds of a model's call."""
    threads: float = 0.7
    """A script with n threads is n to the power of this as fast as with one."""
    merges_help: bool = True
    """Whether a merge lifts what is in reach. Otherwise it is an improvement of the better one."""
    ablations_help: bool = True
    """Whether two runs for an ablation make an improvement likelier. Otherwise they only cost."""
    ensembles_help: bool = True
    """Whether an ensemble of different solutions is better than its members. Otherwise it is their mean."""


class Budget(NamedTuple):
    """What every policy gets alike. A step is a script with its two calls, for the code and for the review."""

    steps: int
    seconds: float
    step_timeout: float = 3600.0
    folds: int = 5
    parallel: int = 1


class Hidden(NamedTuple):
    """What is true of a solution."""

    score: float
    ceiling: float
    bias: float
    weight: float
    """Its cost relative to the task's usual one."""


class Result(NamedTuple):
    """What a simulated search came to."""

    true: float
    """True score of what it submits; the score of no submission at all is `NOTHING`."""
    measured: float | None
    steps: int
    seconds: float
    tree: Tree


NOTHING = -4.0


class Engineer:
    """Makes solutions of one simulated task.

    Args:
        seed: Of the task and of all that happens in it.
        world: What is assumed.
        budget: Time-out, folds and branches, which cost and noise depend on.
    """

    def __init__(self, seed: int, world: World, budget: Budget) -> None:
        self.world, self.budget = world, budget
        rng = Random(f"task/{seed}")
        self._rng = Random(f"run/{seed}")
        self._bugs = min(0.8, world.bugs * rng.lognormvariate(0, 0.4))
        self._noise = world.noise * rng.lognormvariate(0, 0.4)
        self._seconds = world.seconds * rng.lognormvariate(0, 0.8)
        self.hidden: dict[int, Hidden] = {}

    def work(self, tree: Tree, node: Node, left: float) -> float:
        """Makes and runs a solution, and fills in what is seen of it; returns the seconds that this takes.

        Args:
            tree: Where the node is in.
            node: The solution.
            left: Seconds after which it is cut off.
        """
        rng, hidden = self._rng, self._made(tree, node)
        self.hidden[node.id] = hidden
        node.code = "simulated"
        steps = STEPS.get(node.operator, 1)
        cost = self._cost(hidden) * steps
        limit = min(self.budget.step_timeout * steps, max(0.0, left - 2 * self.world.call * steps))
        if rng.random() < self.world.hangs or cost > limit:
            node.fault, cost = "time", limit
        elif rng.random() < self._failing(node.operator):
            node.fault, cost = "bug", cost * rng.random()
        else:
            noise = self._noise / math.sqrt(self.budget.folds)
            node.score = hidden.score + hidden.bias + rng.gauss(0, noise)
        node.seconds = cost
        return min(left, cost + 2 * self.world.call * steps)

    def _failing(self, operator: Operator) -> float:
        if operator == "debug":
            return 1 - self.world.mended
        return self._bugs if operator in ("draft", "merge", "ensemble") else 0.7 * self._bugs

    def _cost(self, hidden: Hidden) -> float:
        share: float = self.budget.parallel**self.world.threads  # the CPUs are divided among the branches
        folds = (self.budget.folds + 1) / 6  # and one training on all data
        return self._seconds * hidden.weight * folds * share * self._rng.lognormvariate(0, 0.4)

    def _made(self, tree: Tree, node: Node) -> Hidden:
        parents = [self.hidden[p] for p in node.parents]
        if node.operator == "draft":
            ceiling = self._rng.gauss(0, 1)
            start = ceiling - self._rng.expovariate(1 / self.world.gap)
            return Hidden(start, ceiling, self._rng.gauss(0, self.world.bias), self._rng.lognormvariate(0, 0.5))
        if node.operator == "debug":
            return parents[0]  # what the broken one would have been
        if node.operator == "ensemble":
            return self._together(tree, node, parents)
        if node.operator == "merge" and self.world.merges_help:
            apart = tree.root(tree.nodes[node.parents[0]]) != tree.root(tree.nodes[node.parents[1]])
            lift = self._rng.expovariate(4) if apart else 0.0
            first = parents[0]._replace(ceiling=max(p.ceiling for p in parents) + lift)
            return self._improved(first, self.world.improves)
        helped = node.operator == "ablate" and self.world.ablations_help
        return self._improved(parents[0], min(1.0, self.world.improves + (0.25 if helped else 0.0)))

    def _improved(self, old: Hidden, chance: float) -> Hidden:
        rng, ceiling = self._rng, old.ceiling
        if rng.random() < self.world.breakthrough:
            ceiling += rng.expovariate(3)
        if rng.random() < chance:
            score = old.score + max(0.0, ceiling - old.score) * rng.uniform(0.1, 0.6)
        else:
            score = old.score - rng.expovariate(5)
        bias = rng.gauss(0, self.world.bias) if rng.random() < self.world.biased else old.bias
        return Hidden(score, ceiling, bias, old.weight * rng.lognormvariate(0.05, 0.2))

    def _together(self, tree: Tree, node: Node, members: list[Hidden]) -> Hidden:
        scores = [m.score for m in members]
        mean = sum(scores) / len(scores)
        score = mean
        if self.world.ensembles_help:
            kinds = len({tree.root(tree.nodes[p]) for p in node.parents})
            score = (mean + max(scores)) / 2 + 0.2 * (1 - 1 / kinds)
        bias = sum(m.bias for m in members) / len(members)
        return Hidden(score, score, bias, 0.3)


def simulate(policy: PolicyName, plan: Plan, budget: Budget, seed: int, world: World | None = None) -> Result:
    """One search, with a clock that is only counted.

    Steps and seconds for the ensembles are kept back as in a run, and no script outlasts the time that is left.

    Args:
        policy: Name of the policy.
        plan: Its settings.
        budget: Steps, seconds, folds, branches.
        seed: Of the task; the same for all policies that are compared.
        world: What is assumed.
    """
    engineer, tree = Engineer(seed, world or World(), budget), Tree(seed=seed)
    now, running = 0.0, list[tuple[float, int]]()
    while True:
        while len(running) < budget.parallel and now < budget.seconds:
            left = budget.seconds - now
            proposal = next_step(policy, tree, plan, budget.steps - tree.steps, left)
            if proposal is None:
                break
            if proposal.operator != "ensemble" and left > reserve(tree, plan):
                left -= reserve(tree, plan)
            node = tree.begin(*proposal)
            heapq.heappush(running, (now + engineer.work(tree, node, left), node.id))
        if not running:
            break
        now, done = heapq.heappop(running)
        tree.nodes[done].done, tree.nodes[done].at = True, now
    best = tree.best()
    true = NOTHING if best is None else engineer.hidden[best.id].score
    return Result(true, best.score if best else None, tree.steps, now, tree)

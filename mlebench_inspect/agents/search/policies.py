"""Which solution is worked on next, and how: pure functions of the tree, the same in a run and in a simulation.

Random choices come from a generator that is seeded by the tree, so a search that is taken up again decides as it
would have.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from random import Random
from typing import NamedTuple

from mlebench_inspect.agents.search.plans import Plan, PolicyName
from mlebench_inspect.agents.search.tree import STEPS, Node, Operator, Tree

CALLS = 60.0
"""Seconds that the model's calls of one step are reckoned with."""


class Proposal(NamedTuple):
    """What to do next."""

    operator: Operator
    parents: tuple[int, ...] = ()


Policy = Callable[[Tree, Plan, Random], Proposal]


def next_step(
    policy: PolicyName, tree: Tree, plan: Plan, steps_left: int, seconds_left: float = math.inf
) -> Proposal | None:
    """The next step of a search: ensembles when its end is near, else what the policy chooses.

    Args:
        policy: Its name.
        tree: What there is.
        plan: Its settings.
        steps_left: Scripts that may still be run.
        seconds_left: Time until the end.

    Returns:
        The step; None if no script may be run any more.
    """
    if steps_left < 1:
        return None
    if steps_left <= 2 * plan.ensembles or seconds_left <= reserve(tree, plan):
        last = closing(tree, plan)
        if last is not None:
            return last
    found = propose(policy, tree, plan)
    if STEPS.get(found.operator, 1) > steps_left:
        return Proposal("improve", found.parents)
    return found


def reserve(tree: Tree, plan: Plan) -> float:
    """Seconds kept for ensembles at the end: for each three times what a good solution usually took, with its calls."""
    took = sorted(n.seconds for n in tree.nodes if n.good)
    return plan.ensembles * 3 * (took[len(took) // 2] + CALLS) if plan.ensembles and len(took) > 1 else 0.0


def propose(policy: PolicyName, tree: Tree, plan: Plan) -> Proposal:
    """What a policy does next; never from a node that is running, or from which something is being made."""
    rng = Random(f"{tree.seed}/{len(tree.nodes)}/{sum(n.done for n in tree.nodes)}")
    drafts = sum(n.operator == "draft" for n in tree.nodes)
    if drafts < plan.drafts:
        return Proposal("draft")
    if rng.random() < plan.debug_prob:
        broken = to_debug(tree, plan)
        if broken:
            return Proposal("debug", (rng.choice(broken).id,))
    return POLICIES[policy](tree, plan, rng)


def closing(tree: Tree, plan: Plan) -> Proposal | None:
    """What is still to be done in the time kept for the end: ensembles of the best, mended where they fail."""
    made = [n for n in tree.nodes if tree.origin(n).operator == "ensemble"]
    if any(not n.done for n in made):
        return None
    if made and made[-1].broken and tree.debug_depth(made[-1]) < plan.debug_depth and made[-1].code:
        return Proposal("debug", (made[-1].id,))
    begun = sum(n.operator == "ensemble" for n in made)
    members = ensemble_members(tree, plan)
    if begun >= plan.ensembles or len(members) < 2:
        return None
    return Proposal("ensemble", tuple(n.id for n in members))


def ensemble_members(tree: Tree, plan: Plan) -> list[Node]:
    """Of the best single solutions, the best of each branch first, then others; at most so many as there may be."""
    singles = [n for n in tree.good() if tree.origin(n).operator != "ensemble"][: 2 * plan.members]
    leading = {tree.root(n): n.id for n in reversed(singles)}.values()
    return sorted(singles, key=lambda n: n.id not in leading)[: plan.members]


def to_debug(tree: Tree, plan: Plan) -> list[Node]:
    """Broken solutions from which nothing was made yet, unless they were mended too often."""
    tried = {p for n in tree.nodes for p in n.parents}
    return [
        n for n in tree.nodes if n.broken and n.code and n.id not in tried and tree.debug_depth(n) < plan.debug_depth
    ]


def greedy(tree: Tree, plan: Plan, rng: Random) -> Proposal:
    """AIDE's: the best solution is improved."""
    free = _free(tree)
    return Proposal("improve", (free[0].id,)) if free else Proposal("draft")


def evolutionary(tree: Tree, plan: Plan, rng: Random) -> Proposal:
    """A population of the best: one is improved, or has its weightiest part refined, or two are merged."""
    free = _free(tree)
    if not free or rng.random() < plan.draft_prob:
        return Proposal("draft")
    tries = fruitless(tree)
    population = sorted(free, key=lambda n: tries.get(n.id, 0) >= plan.patience)[: plan.population]
    chance = rng.random()
    if chance < plan.merge_prob:
        pair = to_merge(tree, population, rng)
        if pair:
            return Proposal("merge", pair)
    chosen = min(rng.randrange(len(population)), rng.randrange(len(population)))  # the better one of two
    operator: Operator = "ablate" if rng.random() < plan.ablate_prob else "improve"
    return Proposal(operator, (population[chosen].id,))


def fruitless(tree: Tree) -> dict[int, int]:
    """How many steps from each solution came to nothing better; 0 if one did."""
    tries: dict[int, int] = {}
    for node in tree.nodes:
        if node.done and node.parents:
            parent = tree.nodes[node.parents[0]]
            better = node.good and tree.value(node) > tree.value(parent)
            tries[parent.id] = -len(tree.nodes) if better else tries.get(parent.id, 0) + 1
    return {i: max(0, count) for i, count in tries.items()}


def to_merge(tree: Tree, population: list[Node], rng: Random) -> tuple[int, int] | None:
    """Two of the population that were never merged, of different drafts where there are such; the better one first."""
    merged = {frozenset(n.parents) for n in tree.nodes if n.operator == "merge"}
    pairs = [
        (a.id, b.id)
        for place, a in enumerate(population)
        for b in population[place + 1 :]
        if frozenset((a.id, b.id)) not in merged
    ]
    apart = [p for p in pairs if tree.root(tree.nodes[p[0]]) != tree.root(tree.nodes[p[1]])]
    choice = apart or pairs
    return choice[min(rng.randrange(len(choice)), rng.randrange(len(choice)))] if choice else None


def mcts(tree: Tree, plan: Plan, rng: Random) -> Proposal:
    """Tree search: down from the root by what came of a branch and how rarely it was visited, then one step further.

    What a solution is worth is the share of good solutions that it is not worse than, so scales do not matter. A node
    gets another child while it has fewer than the root of its visits.
    """
    free = {n.id: n for n in _free(tree)}
    below = _below(tree)
    visits, value = _backed_up(tree, below)
    open_ids = _open(tree)
    level, chosen = [n for n in tree.nodes if not n.parents], None
    while True:
        choice = [n for n in level if n.id in open_ids]
        if not choice:
            break
        seen = math.log(sum(visits[n.id] for n in level) + 1)
        chosen = max(choice, key=lambda n: value[n.id] + plan.exploration * math.sqrt(seen / visits[n.id]))
        if chosen.id in free and len(below[chosen.id]) < math.sqrt(visits[chosen.id]):
            break
        level = below[chosen.id]
    if chosen is None or chosen.id not in free or rng.random() < plan.draft_prob:
        return Proposal("draft")
    if rng.random() < plan.merge_prob:
        others = [n for n in free.values() if n is not chosen][: plan.population]
        pair = to_merge(tree, [chosen, *others], rng)
        if pair and chosen.id in pair:
            return Proposal("merge", pair)
    return Proposal("ablate" if rng.random() < plan.ablate_prob else "improve", (chosen.id,))


POLICIES: dict[PolicyName, Policy] = {"greedy": greedy, "evolutionary": evolutionary, "mcts": mcts}


def _free(tree: Tree) -> list[Node]:
    """Good solutions, best first, from which nothing is being made just now."""
    busy = tree.busy()
    return [n for n in tree.good() if n.id not in busy]


def _below(tree: Tree) -> dict[int, list[Node]]:
    """Children along first parents."""
    below: dict[int, list[Node]] = {n.id: [] for n in tree.nodes}
    for node in tree.nodes:
        if node.parents:
            below[node.parents[0]].append(node)
    return below


def _worth(tree: Tree) -> dict[int, float]:
    values = sorted(tree.value(n) for n in tree.nodes if n.good)
    place = {value: rank for rank, value in enumerate(values, 1)}
    return {n.id: place[tree.value(n)] / len(values) if n.good else 0.0 for n in tree.nodes}


def _backed_up(tree: Tree, below: dict[int, list[Node]]) -> tuple[dict[int, int], dict[int, float]]:
    """Visits and mean worth of each branch; what runs counts as visited and as worth nothing yet."""
    visits, total = {n.id: 1 for n in tree.nodes}, _worth(tree)
    for node in reversed(tree.nodes):  # children come after their parents
        if node.parents:
            visits[node.parents[0]] += visits[node.id]
            total[node.parents[0]] += total[node.id]
    return visits, {i: total[i] / visits[i] for i in visits}


def _open(tree: Tree) -> set[int]:
    """Ids of the nodes in whose branch there is a good solution from which nothing is being made just now."""
    found = {n.id for n in _free(tree)}
    for node in reversed(tree.nodes):
        if node.parents and node.id in found:
            found.add(node.parents[0])
    return found

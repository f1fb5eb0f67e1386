"""What holds for every policy, on trees of every shape."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

import pytest

from mlebench_inspect.agents.search.plans import PLANS, Plan, PolicyName
from mlebench_inspect.agents.search.policies import closing, ensemble_members, next_step, propose, reserve
from mlebench_inspect.agents.search.simulated import Budget, World, simulate
from mlebench_inspect.agents.search.tree import STEPS, Node, Tree

POLICIES: tuple[PolicyName, ...] = ("greedy", "evolutionary", "mcts")


def finish(node: Node, score: float | None, seconds: float = 10.0) -> Node:
    node.done, node.score, node.code, node.seconds = True, score, "code", seconds
    node.fault = "" if score is not None else "bug"
    return node


def grown(policy: PolicyName, seed: int, plan: Plan, steps: int = 60) -> Iterator[tuple[Tree, Node]]:
    """A search of several branches, with a third of the solutions broken; each node when it has just begun."""
    rng, tree = Random(seed), Tree(seed=seed, higher_is_better=bool(seed % 2))
    while (proposal := next_step(policy, tree, plan, steps - tree.steps)) is not None:
        node = tree.begin(*proposal)
        yield tree, node
        running = [n for n in tree.nodes if not n.done]
        while len(running) >= rng.choice((1, 2, 4)):
            finish(running.pop(rng.randrange(len(running))), None if rng.random() < 0.33 else rng.random())
        for node in running if rng.random() < 0.1 else []:
            finish(node, rng.random())


@pytest.mark.parametrize("policy", POLICIES)
@pytest.mark.parametrize("seed", range(8))
def test_every_step_is_one_that_can_be_taken(policy: PolicyName, seed: int) -> None:
    plan = Plan(merge_prob=0.4, ablate_prob=0.3, draft_prob=0.1, ensembles=2)
    pairs = set()
    for tree, node in grown(policy, seed, plan):
        parents = [tree.nodes[p] for p in node.parents]
        others = {p for n in tree.nodes if not n.done and n is not node for p in n.parents}
        assert tree.steps <= 60
        assert all(p.done for p in parents)
        if node.operator != "ensemble":
            assert not others & set(node.parents)  # nothing else is being made from them
        if node.operator == "debug":
            assert parents[0].broken
            assert tree.debug_depth(node) <= plan.debug_depth
        elif node.operator == "merge":
            assert len(set(node.parents)) == 2
            assert frozenset(node.parents) not in pairs
            pairs.add(frozenset(node.parents))
            assert all(p.good for p in parents)
        elif node.operator == "ensemble":
            assert 2 <= len(set(node.parents)) <= plan.members
            assert all(p.good for p in parents)
        else:
            assert len(parents) == (0 if node.operator == "draft" else 1)
            assert all(p.good for p in parents)


@pytest.mark.parametrize("policy", POLICIES)
def test_the_same_tree_has_the_same_next_step(policy: PolicyName) -> None:
    for tree, _ in grown(policy, 3, Plan(merge_prob=0.4)):
        again = Tree.model_validate_json(tree.model_dump_json())
        assert next_step(policy, tree, Plan(), 30) == next_step(policy, again, Plan(), 30)


@pytest.mark.parametrize("policy", POLICIES)
def test_an_ablation_does_not_begin_with_one_step_left(policy: PolicyName) -> None:
    tree = Tree()
    for score in (0.1, 0.2):
        finish(tree.begin("draft"), score)
    plan = Plan(drafts=2, ablate_prob=1.0, merge_prob=0.0, draft_prob=0.0, ensembles=0)
    for left in (1, 2):
        found = next_step(policy, tree, plan, left)
        assert found is not None
        assert STEPS.get(found.operator, 1) <= left


def test_greedy_is_aides() -> None:
    tree, plan = Tree(), Plan(drafts=3, debug_prob=0.0)
    for score in (0.1, 0.3, None):
        assert propose("greedy", tree, plan) == ("draft", ())
        finish(tree.begin("draft"), score)
    assert propose("greedy", tree, plan) == ("improve", (1,))
    assert propose("greedy", tree, plan._replace(debug_prob=1.0)) == ("debug", (2,))
    tree.higher_is_better = False
    assert propose("greedy", tree, plan) == ("improve", (0,))
    tree.begin("improve", [0])  # is running: the next best
    assert propose("greedy", tree, plan) == ("improve", (1,))


def test_a_broken_solution_is_mended_no_more_than_so_often() -> None:
    tree, plan = Tree(), Plan(drafts=1, debug_prob=1.0, debug_depth=2)
    finish(tree.begin("draft"), None)
    for parent in (0, 1):
        assert propose("greedy", tree, plan) == ("debug", (parent,))
        finish(tree.begin("debug", [parent]), None)
    assert propose("greedy", tree, plan) == ("draft", ())


def test_what_failed_without_a_script_cannot_be_mended() -> None:
    tree = Tree()
    finish(tree.begin("draft"), None).code = ""
    assert propose("greedy", tree, Plan(drafts=1, debug_prob=1.0)) == ("draft", ())


def test_an_evolution_turns_from_what_bears_no_fruit() -> None:
    tree = Tree()
    for score in (0.9, 0.5):
        finish(tree.begin("draft"), score)
    plan = Plan(drafts=2, population=1, patience=3, debug_prob=0, merge_prob=0, ablate_prob=0, draft_prob=0)
    for _ in range(3):
        assert propose("evolutionary", tree, plan) == ("improve", (0,))
        finish(tree.begin("improve", [0]), 0.1)
    assert propose("evolutionary", tree, plan) == ("improve", (1,))


def test_a_tree_search_visits_every_branch() -> None:
    tree = Tree()
    for score in (0.9, 0.5, 0.1):
        finish(tree.begin("draft"), score)
    plan = Plan(drafts=3, debug_prob=0, merge_prob=0, ablate_prob=0, draft_prob=0, exploration=1.0)
    for _ in range(40):
        found = propose("mcts", tree, plan)
        finish(tree.begin(*found), 0.9 if tree.root(tree.nodes[found.parents[0]]) == 0 else 0.2)
    made = [sum(tree.root(n) == root for n in tree.nodes) for root in range(3)]
    assert min(made) >= 3
    assert made[0] == max(made)


def test_ensembles_come_at_the_end_and_are_mended() -> None:
    tree, plan = Tree(), Plan(drafts=3, ensembles=1, members=2)
    for score in (0.3, 0.2, 0.1):
        finish(tree.begin("draft"), score, seconds=100)
    assert reserve(tree, plan) == 3 * (100 + 60)
    assert next_step("greedy", tree, plan, 50, 481) == ("improve", (0,))
    assert next_step("greedy", tree, plan, 50, 480) == ("ensemble", (0, 1))
    assert next_step("greedy", tree, plan, 2) == ("ensemble", (0, 1))
    finish(tree.begin("ensemble", [0, 1]), None)
    assert closing(tree, plan) == ("debug", (3,))
    finish(tree.begin("debug", [3]), 0.4)
    assert closing(tree, plan) is None
    assert [n.id for n in ensemble_members(tree, plan)] == [0, 1]  # no ensemble of an ensemble


def test_an_ensemble_takes_the_best_of_each_branch_first() -> None:
    tree = Tree()
    for operator, parents, score in (
        ("draft", [], 0.5), ("improve", [0], 0.9), ("improve", [1], 0.8), ("draft", [], 0.7)
    ):  # fmt: skip
        finish(tree.begin(operator, parents), score)  # type: ignore[arg-type]
    assert [n.id for n in ensemble_members(tree, Plan(members=2))] == [1, 3]


@pytest.mark.parametrize("policy", POLICIES)
def test_a_simulated_search_keeps_its_budget_and_can_be_repeated(policy: PolicyName) -> None:
    tuned = PLANS[policy]
    budget = Budget(steps=40, seconds=6 * 3600.0, parallel=tuned.parallel)
    first, again = (simulate(policy, tuned.plan, budget, 7) for _ in range(2))
    assert first.tree == again.tree
    assert first.steps <= 40
    assert first.seconds <= budget.seconds
    assert max(n.seconds for n in first.tree.nodes if n.operator != "ablate") <= budget.step_timeout
    assert simulate(policy, tuned.plan, budget, 8).true != first.true


def test_more_folds_tell_the_truth_better_and_cost_more() -> None:
    world = World(bias=0.0)
    off, ran = {}, {}
    for folds in (1, 10):
        budget = Budget(steps=60, seconds=1e9, folds=folds)
        found = [simulate("greedy", Plan(ensembles=0), budget, seed, world) for seed in range(40)]
        off[folds] = sum((r.measured or 0) - r.true for r in found) / len(found)
        ran[folds] = sum(r.seconds for r in found)
    assert off[1] > off[10] > 0  # the best of noisy scores promises too much
    assert ran[10] > ran[1]

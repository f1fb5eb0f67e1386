"""What a search needs to know of its sample, put together."""

from __future__ import annotations

from inspect_ai.util import store_as

from mlebench_inspect.agents.search import keeping
from mlebench_inspect.agents.search.engineer import Engineer
from mlebench_inspect.agents.search.hands import Hands
from mlebench_inspect.agents.search.loop import Limits, Search
from mlebench_inspect.agents.search.plans import Plan, PolicyName
from mlebench_inspect.agents.search.prompts import Terms
from mlebench_inspect.agents.search.tree import Tree
from mlebench_inspect.run.validation import Validation
from mlebench_inspect.sandboxes.providers import provider
from mlebench_inspect.tasks import HELD_BACK, competition


async def start(
    policy: PolicyName, plan: Plan, limits: Limits, task: str, *, folds: int, seed: int, review: bool
) -> Search:
    """A search that is ready to go; where an earlier one was cut off, it goes on there.

    Args:
        policy: Name of the policy.
        plan: Its settings.
        limits: What the search may take.
        task: What the agent is told.
        folds: Folds of the validation.
        seed: Of folds and choices.
        review: Whether each solution is reviewed.
    """
    sample = store_as(Validation)
    found, hands = competition(sample.competition_id), Hands(provider(sample.provider))
    around = await hands.look_around()
    slots = min(limits.parallel, around.cpus)
    table = await hands.folds(seed, folds, list(found.submission.target_columns)) or ("", "")
    terms = Terms(
        task=task,
        found=around,
        data=hands.data,
        folder=f"{hands.code}/solutions",
        metric=found.metric,
        higher_is_better=found.higher_is_better,
        folds=folds,
        table=table[0],
        folds_file=table[1],
        threads=max(1, around.cpus // slots),
        held_back="" if sample.search_score is None else f"{hands.data}/{HELD_BACK}",
    )
    tree = await keeping.load(hands) or Tree(seed=seed)
    tree.higher_is_better = found.higher_is_better
    engineer = Engineer()
    engineer.go_on(n.code for n in tree.nodes if n.code)
    return Search(policy, plan, limits, hands, engineer, terms, tree, slots=slots, review=review)

"""Settings of the search policies, and what they are unless told otherwise. Imported at start-up, so nothing heavy."""

from __future__ import annotations

from typing import Literal, NamedTuple

PolicyName = Literal["greedy", "evolutionary", "mcts"]


class Plan(NamedTuple):
    """Settings of a policy. The defaults of the first three are AIDE's published ones."""

    drafts: int = 5
    debug_prob: float = 0.5
    debug_depth: int = 3
    population: int = 5
    """Best solutions that an evolutionary search chooses from."""
    patience: int = 3
    """Steps without success from a solution after which an evolutionary search takes others first."""
    merge_prob: float = 0.2
    ablate_prob: float = 0.1
    draft_prob: float = 0.05
    """Of a new draft after the first ones."""
    exploration: float = 0.6
    """Weight of what was rarely visited, in a tree search."""
    ensembles: int = 1
    """Ensembles to try at the end."""
    members: int = 4
    """Most solutions in an ensemble."""


class Tuned(NamedTuple):
    """Settings of a policy that did best on the tuning seeds of `benchmarks/search_policies.py`."""

    plan: Plan
    parallel: int


PLANS: dict[PolicyName, Tuned] = {
    "greedy": Tuned(Plan(drafts=12, debug_prob=0.8, debug_depth=3, ensembles=2, members=3), parallel=4),
    "evolutionary": Tuned(
        Plan(drafts=12, debug_prob=0.8, debug_depth=3, population=5, patience=5, merge_prob=0.3, members=3), parallel=4
    ),
    "mcts": Tuned(Plan(drafts=12, merge_prob=0.3, exploration=0.1, members=3), parallel=2),
}

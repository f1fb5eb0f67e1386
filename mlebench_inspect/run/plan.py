"""What a run is to contain, as data: noted in each sample, and carried with each score.

Metrics see scores and nothing else, so whatever ended without one must be named by the others. Nothing of this lives in
a process: the figures are the same live, after a retry, and when a log is scored again.
"""

from __future__ import annotations

from inspect_ai.log import EvalSpec
from pydantic import BaseModel

from mlebench_inspect.tasks import CatalogueError, competition

GROUPS = ("complexity", "category")
TIERS = "tiers"
"""Beside the groups of a competition that has no medal tiers, and only there."""


class Plan(BaseModel):
    """The competitions and seeds of one run."""

    task: str
    """Identifies the run, over all evaluations that it was taken up in."""
    seeds: int
    competitions: dict[str, dict[str, str]]
    """Complexity and category by competition."""

    @classmethod
    def of(cls, spec: EvalSpec) -> Plan:
        """The plan that a log's header holds: what `--limit`, `--sample-id` and `--epochs` left."""
        ids = [str(i) for i in spec.dataset.sample_ids or []]
        return cls(task=spec.task_id, seeds=spec.config.epochs or 1, competitions={i: groups_of(i) for i in ids})


def groups_of(competition_id: str) -> dict[str, str]:
    """Complexity and category of a competition, and that it has no medal tiers; nothing for an unknown one."""
    try:
        found = competition(competition_id)
    except CatalogueError:
        return {}
    groups = {key: str(getattr(found, key)) for key in GROUPS}
    return groups if found.tiers else {**groups, TIERS: "none"}


def has_board(competition_id: str) -> bool:
    """Whether a leaderboard is published, so that a submission has a percentile."""
    try:
        return competition(competition_id).has_leaderboard
    except CatalogueError:
        return False


def normalised(competition_id: str, score: float) -> float | None:
    """See `Competition.normalised`; None for an unknown competition."""
    try:
        return competition(competition_id).normalised(score)
    except CatalogueError:
        return None

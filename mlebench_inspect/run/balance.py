"""Competitions shared out among hosts, so that all hosts are done at about the same time."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from mlebench_inspect.tasks import Competition

GB_AN_HOUR = 180.0
"""Data that a host is expected to fetch, unpack and prepare in an hour: 50 MB/s."""


@dataclass(frozen=True)
class Shard:
    """What one host runs."""

    number: int
    of: int
    competitions: tuple[str, ...]
    """In alphabetical order."""
    gigabytes: float
    """Of their data; what is unknown counts as much as the largest that is known."""
    samples: int
    hours: float
    """The longest that it takes: its samples in rounds of as many as run at once, then its data."""

    @property
    def name(self) -> str:
        """As in `-T shard`."""
        return f"{self.number}/{self.of}"


def sizes_of(competitions: Sequence[Competition]) -> dict[str, float]:
    """Gigabytes of each competition's data as the catalogue has them, which are the same on all hosts."""
    known = [c.dataset_size_gb for c in competitions if c.dataset_size_gb is not None]
    unknown = max(known, default=1.0)
    return {c.id: unknown if c.dataset_size_gb is None else c.dataset_size_gb for c in competitions}


def balanced(
    sizes: dict[str, float], hosts: int, *, epochs: int = 1, at_once: int = 1, hours: float = 24.0
) -> list[Shard]:
    """As many shards as hosts, each competition with all its seeds in one of them; equal arguments give equal shards.

    The longest first, each to the host that has least to do. So no host has more to do than another by more than one
    competition is, and none more than 4/3 of what the best sharing out would give the one with most.

    Args:
        sizes: Gigabytes of data by competition.
        hosts: How many there are; those that are left without a competition have no shard.
        epochs: Seeds.
        at_once: Samples that run side by side on a host.
        hours: That a sample is expected to take.
    """
    cost = {c: epochs * hours / at_once + size / GB_AN_HOUR for c, size in sizes.items()}
    number = min(hosts, len(sizes))
    held: list[list[str]] = [[] for _ in range(number)]
    for competition in sorted(sizes, key=lambda c: (-cost[c], c)):
        first = min(range(number), key=lambda k: (math.fsum(cost[c] for c in held[k]), k))
        held[first].append(competition)
    return [_shard(k, sorted(ids), sizes, number, epochs, at_once, hours) for k, ids in enumerate(held, 1)]


def _shard(
    number: int, ids: Sequence[str], sizes: dict[str, float], of: int, epochs: int, at_once: int, hours: float
) -> Shard:
    gigabytes, samples = math.fsum(sizes[c] for c in ids), epochs * len(ids)
    return Shard(
        number=number,
        of=of,
        competitions=tuple(ids),
        gigabytes=gigabytes,
        samples=samples,
        hours=math.ceil(samples / at_once) * hours + gigabytes / GB_AN_HOUR,
    )

"""How runs of one identity become tables: shards side by side, repetitions as further seeds, all else apart."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from itertools import combinations

from mlebench_inspect.reporting.records import Result


@dataclass(frozen=True)
class Part:
    """The part of a run that is of one identity."""

    competitions: frozenset[str]
    """What the run was to contain."""
    seeds: int
    group: str
    """What the run is part of, or the run itself."""
    created: str
    results: tuple[Result, ...]
    has_run: bool = True
    """False for what stands for shards that never started."""


@dataclass(frozen=True)
class Layer:
    """Runs of different competitions and equally many seeds: a whole run, or its shards."""

    parts: tuple[Part, ...]

    @cached_property
    def competitions(self) -> frozenset[str]:
        """Of all parts."""
        return frozenset(c for p in self.parts for c in p.competitions)

    @property
    def seeds(self) -> int:
        """Of each part."""
        return self.parts[0].seeds

    @property
    def created(self) -> str:
        """When the first part began."""
        return min(p.created for p in self.parts)


def tables(parts: Iterable[Part]) -> list[tuple[Layer, ...]]:
    """Layers of equal competitions, which are each other's further seeds, in the order in which they began.

    A run that overlaps others without being of the same plan, such as a pilot, changes none of their tables: what
    belongs to one evaluation set stays together, and else those go together that began closest to each other.
    """
    groups: dict[str, list[Layer]] = defaultdict(list)
    for part in parts:
        groups[part.group].append(Layer((part,)))
    layers = _side_by_side([layer for members in groups.values() for layer in _side_by_side(members)])
    found: dict[frozenset[str], list[Layer]] = defaultdict(list)
    for layer in sorted(layers, key=lambda x: x.created):
        found[layer.competitions].append(layer)
    return [tuple(stack) for stack in found.values()]


def _side_by_side(layers: Iterable[Layer]) -> list[Layer]:
    """Merges what has no competition in common and equally many seeds, the closest in time first."""
    ordered = sorted(layers, key=lambda x: (x.created, sorted(x.competitions)))
    times = [datetime.fromisoformat(layer.created) for layer in ordered]
    home = dict(enumerate(ordered))  # index of a layer -> what it was merged into
    for i, j in sorted(combinations(home, 2), key=lambda pair: times[pair[1]] - times[pair[0]]):
        one, other = home[i], home[j]
        if one is not other and one.seeds == other.seeds and not one.competitions & other.competitions:
            both = Layer((*one.parts, *other.parts))
            home = {k: both if layer is one or layer is other else layer for k, layer in home.items()}
    return list({id(layer): layer for layer in home.values()}.values())


def cells(stack: Sequence[Layer]) -> dict[tuple[str, int], Result]:
    """The results of a table by competition and seed; the seeds of each layer come after those of the one before."""
    found: dict[tuple[str, int], Result] = {}
    offset = 0
    for layer in stack:
        found |= {(r.competition, r.seed + offset): r for p in layer.parts for r in p.results}
        offset += layer.seeds
    return found

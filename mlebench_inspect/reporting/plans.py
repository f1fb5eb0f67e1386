"""How runs of one identity become tables: shards side by side, repetitions as further seeds, all else apart."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from mlebench_inspect.reporting.records import Result


@dataclass(frozen=True)
class Part:
    """The part of a run that is of one identity."""

    competitions: frozenset[str]
    """What the run was to contain."""
    seeds: int
    group: str
    """The evaluation set that the run is part of, or the run itself."""
    created: str
    results: tuple[Result, ...]


@dataclass(frozen=True)
class Layer:
    """Runs of different competitions and equally many seeds: a whole run, or its shards."""

    parts: tuple[Part, ...]

    @property
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

    A run that overlaps others without being of the same plan, such as a pilot, changes none of their tables: larger
    layers take their shards first, and what belongs to one evaluation set stays together.
    """
    groups: dict[str, list[Layer]] = defaultdict(list)
    for part in parts:
        groups[part.group].append(Layer((part,)))
    layers = _side_by_side([layer for members in groups.values() for layer in _side_by_side(members)])
    found: dict[frozenset[str], list[Layer]] = defaultdict(list)
    for layer in sorted(layers, key=lambda x: x.created):
        found[layer.competitions].append(layer)
    return [tuple(stack) for stack in found.values()]


def _side_by_side(layers: Sequence[Layer]) -> list[Layer]:
    """Merges what has no competition in common and equally many seeds: each into the first that it fits, the larger
    ones first and, since pilots come before runs, the newer of equals."""
    newest = sorted(layers, key=lambda x: x.created, reverse=True)
    merged: list[Layer] = []
    for layer in sorted(newest, key=lambda x: len(x.competitions), reverse=True):
        for place, other in enumerate(merged):
            if other.seeds == layer.seeds and not other.competitions & layer.competitions:
                merged[place] = Layer((*other.parts, *layer.parts))
                break
        else:
            merged.append(layer)
    return merged


def cells(stack: Sequence[Layer]) -> dict[tuple[str, int], Result]:
    """The results of a table by competition and seed; the seeds of each layer come after those of the one before."""
    found: dict[tuple[str, int], Result] = {}
    offset = 0
    for layer in stack:
        found |= {(r.competition, r.seed + offset): r for p in layer.parts for r in p.results}
        offset += layer.seeds
    return found

"""What a filter finds: clues with weights, and the verdict that they make together."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from mlebench_inspect.violations.material import Material
from mlebench_inspect.violations.questions import Question
from mlebench_inspect.violations.verdicts import LONGEST_QUOTE, MOST_EVIDENCE, Evidence, Verdict

STRONG, WEAK = 1.0, 0.5
"""Weights: one strong clue makes a suspicion, and so do two weak ones of different kinds."""


class Clue(NamedTuple):
    """Something odd."""

    quote: str
    place: str
    why: str
    weight: float = STRONG


def quoted(text: str, at: int = 0, end: int | None = None, around: int = 60) -> str:
    """A short piece of a text around what was found in it, exactly as it stands there.

    Args:
        text: The whole.
        at: Where what was found begins.
        end: Where it ends; default: the end of the line.
        around: Characters before and after.
    """
    if end is None:
        end = text.find("\n", at)
        end = len(text) if end < 0 else end
    start = max(text.rfind("\n", 0, at) + 1, at - around)
    stop = text.find("\n", end)
    stop = min(len(text) if stop < 0 else stop, end + around)
    return text[start : min(stop, start + LONGEST_QUOTE - 1)].strip()


def verdict(question: Question, material: Material, clues: Iterable[Clue]) -> Verdict:
    """`suspect` where clues of different kinds weigh enough together, else `clean`; the evidence is kept either way."""
    found: dict[tuple[str, str], Clue] = {}
    weights: dict[str, float] = {}
    for clue in clues:
        found.setdefault((clue.why, clue.quote[:LONGEST_QUOTE]), clue)
        weights[clue.why] = max(weights.get(clue.why, 0.0), clue.weight)
    ordered = _mixed(list(found.values()))
    is_suspect = sum(weights.values()) >= STRONG
    return Verdict(
        question=question,
        ruling="suspect" if is_suspect else "clean",
        by="filter",
        evidence=[
            Evidence(quote=_storable(c.quote)[:LONGEST_QUOTE], place=_storable(c.place)[:300], why=c.why[:300])
            for c in ordered[:MOST_EVIDENCE]
        ]
        if is_suspect
        else [],
        looked_at=material.seen(),
    )


def _storable(text: str) -> str:
    """A text without halves of characters, which no file can hold."""
    return text.encode(errors="replace").decode()


def _mixed(clues: list[Clue]) -> list[Clue]:
    """The heaviest first, and one of each kind before the second of any."""
    seen: dict[str, int] = {}
    ranked: list[tuple[int, float, int, Clue]] = []
    for clue in sorted(clues, key=lambda c: -c.weight):
        seen[clue.why] = seen.get(clue.why, 0) + 1
        ranked.append((seen[clue.why], -clue.weight, len(ranked), clue))
    return [clue for *_, clue in sorted(ranked, key=lambda r: r[:3])]

"""How far two pieces of code are alike, and where."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from mlebench_inspect.plagiarism.tokens import LINE_ENDS, Token, tokens_of
from mlebench_inspect.plagiarism.winnowing import K, hashes_of, winnow

MOST_PLACES = 8
"""Of one fingerprint in one document, where passages are sought; code that repeats itself has many."""


@dataclass(frozen=True)
class Document:
    """A piece of code.

    Args:
        name: Shown to people.
        code: Its text.

    Raises:
        Unreadable: When its tokens are asked for.
    """

    name: str
    code: str

    @cached_property
    def lines(self) -> list[str]:
        """Its lines, counted as in its tokens."""
        return LINE_ENDS.sub("\n", self.code).split("\n")

    @cached_property
    def tokens(self) -> list[Token]:
        """Its tokens."""
        return tokens_of(self.code)

    @cached_property
    def fingerprints(self) -> dict[int, list[int]]:
        """Places of each chosen k-gram, by its hash."""
        found: dict[int, list[int]] = defaultdict(list)
        for fingerprint in winnow(hashes_of([token.kind for token in self.tokens])):
            found[fingerprint.hash].append(fingerprint.at)
        return dict(found)


class Likeness(NamedTuple):
    """How far two documents are alike."""

    similarity: float
    """Share, 0 to 1, of the fingerprints of both that the other has, too."""
    covered: float
    """The same of the first one's fingerprints alone."""
    shared: int
    """How many fingerprints of the first one the other has."""


class Passage(NamedTuple):
    """Lines of two documents, first and last, whose tokens are the same."""

    left: tuple[int, int]
    right: tuple[int, int]
    tokens: int


def likeness(left: Document, right: Document, common: Collection[int] = ()) -> Likeness:
    """Similarity as Dolos defines it: (shared of left + shared of right) / (all of left + all of right).

    Args:
        left: The code that may be a copy.
        right: The code that may be its origin.
        common: Hashes of fingerprints that do not count on either side.
    """
    shared = (left.fingerprints.keys() & right.fingerprints.keys()) - set(common)
    ours, all_ours = _count(left, shared), _count(left, left.fingerprints.keys() - set(common))
    theirs, all_theirs = _count(right, shared), _count(right, right.fingerprints.keys() - set(common))
    if not shared:
        return Likeness(0.0, 0.0, 0)
    return Likeness((ours + theirs) / (all_ours + all_theirs), ours / all_ours, ours)


def _count(document: Document, hashes: Iterable[int]) -> int:
    return sum(len(document.fingerprints[h]) for h in hashes)


def common_to(documents: Sequence[Document], share: float) -> frozenset[int]:
    """Hashes of the fingerprints that more than this share of the documents have, and at least three of them."""
    counts: dict[int, int] = defaultdict(int)
    for document in documents:
        for found in document.fingerprints:
            counts[found] += 1
    return frozenset(h for h, count in counts.items() if count >= 3 and count > share * len(documents))


def passages(left: Document, right: Document, common: Collection[int] = ()) -> list[Passage]:
    """Where they are alike, in the order of `left`: the longest first chosen, so that none lies within another."""
    matches = sorted(_matches(left, right, common), key=lambda m: (-m[2], m[0], m[1]))
    taken = bytearray(len(left.tokens))
    found = []
    for start, other, length in matches:
        if taken[start : start + length].count(0) < K:
            continue
        taken[start : start + length] = b"\1" * length
        lines = [(t[at].line, t[at + length - 1].line) for t, at in ((left.tokens, start), (right.tokens, other))]
        found.append(Passage(lines[0], lines[1], length))
    return sorted(found)


def _matches(left: Document, right: Document, common: Collection[int]) -> Iterator[tuple[int, int, int]]:
    """Runs of equal tokens around shared fingerprints: places in both, and length."""
    seen: dict[int, int] = {}  # by the distance of the two places: how far the run that was found there reaches
    shared = (left.fingerprints.keys() & right.fingerprints.keys()) - set(common)
    places = ((at, h) for h in shared for at in left.fingerprints[h][:MOST_PLACES])
    for at, shared_hash in sorted(places):
        for other in right.fingerprints[shared_hash][:MOST_PLACES]:
            if seen.get(other - at, -1) > at:
                continue
            start, end = _run(left.tokens, right.tokens, at, other)
            seen[other - at] = end
            yield start, start + other - at, end - start


def _run(left: Sequence[Token], right: Sequence[Token], at: int, other: int) -> tuple[int, int]:
    """Where, in `left`, the run of equal tokens around a place begins and ends."""
    by = other - at
    start, end = at, at
    while start > 0 and start + by > 0 and left[start - 1].kind == right[start - 1 + by].kind:
        start -= 1
    while end < len(left) and end + by < len(right) and left[end].kind == right[end + by].kind:
        end += 1
    return start, end

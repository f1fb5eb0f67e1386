"""Fingerprints of a text of tokens: the k-grams that winnowing chooses.

Schleimer, Wilkerson and Aiken, Winnowing: Local Algorithms for Document Fingerprinting, SIGMOD 2003. Whatever two texts
have in common over at least `WINDOW + K - 1` tokens shares a fingerprint; what is shorter than `K` never does.
"""

from __future__ import annotations

import hashlib
from collections import deque
from collections.abc import Iterator, Sequence
from typing import NamedTuple

K = 23
"""Tokens of a k-gram."""
WINDOW = 17
"""K-grams of which at least one is chosen."""


class Fingerprint(NamedTuple):
    """A chosen k-gram."""

    hash: int
    at: int
    """Place of its first token."""


def hashes_of(kinds: Sequence[str], k: int = K) -> list[int]:
    """The hash of each k-gram; the same in every process."""
    coded = [hashlib.blake2b(kind.encode(errors="replace"), digest_size=8).digest() for kind in kinds]
    grams = (b"".join(coded[at : at + k]) for at in range(len(coded) - k + 1))
    return [int.from_bytes(hashlib.blake2b(gram, digest_size=8).digest()) for gram in grams]


def winnow(hashes: Sequence[int], window: int = WINDOW) -> list[Fingerprint]:
    """The minimum of each window, the rightmost of equal ones, each place once; less than a window is taken as one."""
    found: list[Fingerprint] = []
    for at in _minima(hashes, min(window, len(hashes))):
        if not found or found[-1].at != at:
            found.append(Fingerprint(hashes[at], at))
    return found


def _minima(hashes: Sequence[int], window: int) -> Iterator[int]:
    """The place of each window's minimum."""
    rising: deque[int] = deque()  # places whose hashes rise: the first is the minimum
    for at, value in enumerate(hashes):
        while rising and hashes[rising[-1]] >= value:
            rising.pop()
        rising.append(at)
        if rising[0] <= at - window:
            rising.popleft()
        if at >= window - 1:
            yield rising[0]

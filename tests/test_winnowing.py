"""Fingerprints against the worked example of Schleimer, Wilkerson and Aiken (2003), figure 2."""

from __future__ import annotations

import random
import subprocess
import sys

import pytest

from mlebench_inspect.plagiarism.winnowing import K, hashes_of, winnow

HASHES = [77, 74, 42, 17, 98, 50, 17, 98, 8, 88, 67, 39, 77, 74, 42, 17, 98]


def test_the_worked_example() -> None:
    assert [tuple(f) for f in winnow(HASHES, 4)] == [(17, 3), (17, 6), (8, 8), (39, 11), (17, 15)]


def test_the_rightmost_of_equal_hashes_is_chosen() -> None:
    assert [f.at for f in winnow([5, 5, 5, 5], 2)] == [1, 2, 3]
    assert [f.at for f in winnow([1, 9, 1, 9, 9, 9], 3)] == [2, 5]


def test_less_than_a_window_is_one() -> None:
    assert [tuple(f) for f in winnow([7, 3, 9], 17)] == [(3, 1)]
    assert winnow([], 17) == []


def test_k_grams_are_of_k_tokens() -> None:
    kinds = [str(n) for n in range(K + 1)]
    first, second = hashes_of(kinds)
    assert first == hashes_of(kinds[:-1])[0]
    assert second == hashes_of(kinds[1:])[0]
    assert first != second
    assert hashes_of(kinds[: K - 1]) == []
    assert hashes_of(["ab", "c"], 2) != hashes_of(["a", "bc"], 2)


@pytest.mark.parametrize("window", [1, 4, 17])
def test_every_window_has_a_fingerprint_of_the_least_hash(window: int) -> None:
    rng = random.Random(window)
    hashes = [rng.randrange(20) for _ in range(400)]
    chosen = {f.at for f in winnow(hashes, window)}
    for start in range(len(hashes) - window + 1):
        inside = range(start, start + window)
        least = max(at for at in inside if hashes[at] == min(hashes[at] for at in inside))
        assert least in chosen
    for f in winnow(hashes, window):
        assert hashes[f.at] == f.hash


def test_hashes_are_the_same_in_every_process() -> None:
    code = "from mlebench_inspect.plagiarism.winnowing import hashes_of; print(hashes_of(list('abc'), 2))"
    environments = [{"PYTHONHASHSEED": seed} for seed in "12"]
    told = {
        subprocess.run(
            [sys.executable, "-c", code], env=e, capture_output=True, text=True, check=True, timeout=60
        ).stdout
        for e in environments
    }
    assert told == {f"{hashes_of(list('abc'), 2)}\n"}

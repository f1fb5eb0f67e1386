"""Run-length codes against a decoder that draws the masks."""

from __future__ import annotations

import numpy as np
import pytest

from mlebench_inspect.graders.run_length import CodeError, decode


def draw(code: str, cells: int) -> np.ndarray:
    """The mask of one code, by the rules of the lenient decoder."""
    numbers = [int(t) for t in code.split()]
    starts, lengths = numbers[0::2], numbers[1::2]
    assert starts == sorted(starts)
    assert all(n > 0 for n in numbers)
    if len(numbers) % 2 and len(numbers) > 3:
        raise ValueError
    if len(numbers) == 3:
        lengths = lengths * 2
    mask = np.zeros(cells, dtype=bool)
    for start, length in zip(starts, lengths, strict=False):
        assert not mask[start - 1 : start - 1 + length].any()
        mask[start - 1 : start - 1 + length] = True
    return mask


def random_code(rng: np.random.Generator) -> str:
    count = int(rng.choice([0, 1, 2, 3, 4, 5, 6, 8]))
    numbers = rng.integers(1, 12, count)
    if rng.random() < 0.8:
        numbers[0::2] = np.cumsum(numbers[0::2] + 4)
    if rng.random() < 0.05 and count:
        numbers[rng.integers(count)] = rng.choice([0, -1])
    return " ".join(map(str, numbers))


@pytest.mark.parametrize("seed", range(20))
def test_decoding_agrees_with_drawing(seed: int) -> None:
    rng = np.random.default_rng(seed)
    good: list[tuple[str, int, np.ndarray]] = []
    for _ in range(200):
        code, cells = random_code(rng), int(rng.integers(20, 60))
        try:
            mask = draw(code, cells)
        except (AssertionError, ValueError):
            with pytest.raises(CodeError):
                decode([code], cells)
        else:
            good.append((code, cells, mask))
    assert len(good) > 20
    codes, sizes, masks = (list(c) for c in zip(*good, strict=True))
    runs = decode(codes, sizes)
    flat = np.concatenate(masks)
    assert np.array_equal(runs.pixels(), np.flatnonzero(flat))
    assert np.array_equal(runs.areas(), [m.sum() for m in masks])
    order = rng.permutation(len(codes))
    size = min(sizes)
    some = decode(codes, size), decode([codes[i] for i in order], size)
    drawn = [m[:size] for m in masks]
    assert np.array_equal(some[0].overlaps(some[1]), [(drawn[k] & drawn[i]).sum() for k, i in enumerate(order)])
    group = rng.integers(0, 5, len(codes))
    merged = some[0].merged(group, [size] * 5)
    union = [np.any([m for m, g in zip(drawn, group, strict=True) if g == k], axis=0) for k in range(5)]
    assert np.array_equal(merged.pixels(), np.flatnonzero(np.concatenate(union)))


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("1 2 3 4 5", "5 numbers"),
        ("3 1 2 1", "starts must ascend"),
        ("1 3 3 1", "overlaps"),
        ("0 1", "starts count from 1"),
        ("1 -2", "a length is 1 or more"),
        ("-4", "starts count from 1"),
        ("1 2.0", "'2.0' is not a whole number"),
        ("1 99999999999999999999", "beyond 64 bits"),
    ],
)
def test_faulty_codes_are_named(code: str, reason: str) -> None:
    with pytest.raises(CodeError, match=reason) as caught:
        decode(["", "1 2", code, "5 5"], 10)
    assert caught.value.row == 2


@pytest.mark.parametrize("code", ["7", "1 2 3", "9 3", "11 1"])
def test_strict_reading_refuses_what_the_lenient_one_bends(code: str) -> None:
    decode([code], 10)
    with pytest.raises(CodeError):
        decode([code], 10, strict=True)


def test_numbers_are_read_as_by_int() -> None:
    assert decode(["+1 1_0 \u0661\u0662 1"], 50).pixels().tolist() == [*range(10), 11]


def test_a_run_of_absurd_length_costs_nothing() -> None:
    assert decode(["1 9000000000000000000"], 10**12).areas().tolist() == [10**12]

"""Masks as run-length codes, measured without drawing them.

A code is text, pairs "start length" separated by blanks; pixels are numbered from 1 in whatever order the competition
fixes. The masks of a table are held together as runs on one line, on which the images' pixels follow each other. Areas,
intersections and unions are then sums over runs: whole numbers, and neither time nor memory depends on the image sizes
that a code speaks of.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mlebench_inspect.graders.submission import InvalidSubmission, refuse_where, show

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import ArrayLike, NDArray

    Ints = NDArray[np.int64]

MAX_CHARACTERS = 1 << 27  # of one code; a chessboard of 24 million pixels has so many
_BATCH_CHARACTERS = 1 << 24
_UNUSUAL = re.compile(r"[^0-9 \t\n\r\f\v]|[0-9]{19}")


class CodeError(ValueError):
    """A run-length code is faulty. `row` is its position in the table, the message the reason."""

    def __init__(self, row: int, reason: str) -> None:
        super().__init__(reason)
        self.row = row


@dataclass(frozen=True)
class Runs:
    """Masks of n images: runs in ascending order that do not overlap.

    Attributes:
        image: Position of each run's image, shape (runs,).
        start: Each run's first pixel, counted from 0 along the line of all images, shape (runs,).
        stop: One past each run's last pixel, shape (runs,).
        offset: The pixel at which each image begins; the last entry is the number of all pixels. Shape (n + 1,).
    """

    image: Ints
    start: Ints
    stop: Ints
    offset: Ints

    def areas(self) -> Ints:
        """Number of pixels in each image's mask, shape (n,)."""
        return _totals(self.image, self.stop - self.start, len(self.offset) - 1)

    def overlaps(self, other: Runs) -> Ints:
        """Number of pixels that each image's mask shares with the other's, shape (n,); both have the same images."""
        shared = other._before(self.stop) - other._before(self.start)
        return _totals(self.image, shared, len(self.offset) - 1)

    def _before(self, pixel: Ints) -> Ints:
        """How many pixels of the masks lie before each given pixel of the line."""
        import numpy as np

        length = self.stop - self.start
        done = np.concatenate([[0], np.cumsum(length)])
        run = np.searchsorted(self.start, pixel, side="right") - 1
        if not len(self.start):
            return np.zeros(len(pixel), dtype=np.int64)
        inside = np.minimum(pixel - self.start[run], length[run])
        return np.where(run < 0, 0, done[run] + inside)

    def upto(self, images: int) -> Runs:
        """The masks of the first images."""
        import numpy as np

        runs = slice(int(np.searchsorted(self.image, images)))
        return Runs(self.image[runs], self.start[runs], self.stop[runs], self.offset[: images + 1])

    def merged(self, group: Ints, cells: ArrayLike) -> Runs:
        """The unions of masks: those of images with the same `group` become one mask of `cells[group]` pixels.

        Touching runs become one, so that equal masks have equal runs.

        Args:
            group: Number of the new image for each image, shape (n,); the images of a group have the same size.
            cells: Number of pixels of each new image.
        """
        import numpy as np

        offset = _offsets(cells)
        image = group[self.image]
        shift = offset[image] - self.offset[self.image]
        start, stop = self.start + shift, self.stop + shift
        order = np.argsort(start, kind="stable")
        image, start, stop = image[order], start[order], np.maximum.accumulate(stop[order])
        first = np.ones(len(start), dtype=bool)
        first[1:] = (start[1:] > stop[:-1]) | (image[1:] != image[:-1])
        last = np.roll(first, -1)
        return Runs(image[first], start[first], stop[last], offset)

    def pixels(self) -> Ints:
        """Every pixel of the masks on the line, ascending, shape (sum of areas,). Ask for `areas` first."""
        import numpy as np

        length = self.stop - self.start
        ends = np.cumsum(length)
        return np.repeat(self.start - ends + length, length) + np.arange(ends[-1] if len(ends) else 0)


def decode(codes: Sequence[str], cells: ArrayLike, *, strict: bool = False) -> Runs:
    """Reads run-length codes.

    Starts must not descend, starts and lengths must be positive, and runs must not overlap. A blank code is an empty
    mask. Unless `strict`, three further habits of NumPy decoders hold: what lies beyond the image is cut off, a single
    number is an empty mask, and of three numbers the middle one is the length of both runs.

    Args:
        codes: One text per image.
        cells: Number of pixels of each image, or one number for all.
        strict: Refuse an odd number of numbers and runs that leave the image.

    Raises:
        CodeError: Naming the first faulty code's position and the reason.
    """
    import numpy as np

    size = np.broadcast_to(np.asarray(cells, dtype=np.int64), (len(codes),))
    offset = _offsets(size)
    parts = [_decode(codes[rows], rows.start, size[rows], strict) for rows in _batches(codes)]
    none = np.empty(0, dtype=np.int64)
    image, start, stop = (np.concatenate([p[k] for p in parts]) for k in range(3)) if parts else (none, none, none)
    return Runs(image, start + offset[image], stop + offset[image], offset)


def submitted_runs(
    submission: pd.DataFrame, column: str, cells: ArrayLike, *, id_columns: Sequence[str], strict: bool = False
) -> Runs:
    """Reads the run-length codes of a submission (see `decode`).

    Raises:
        InvalidSubmission: Naming the row and what is wrong with its code.
    """
    codes = submission[column]
    bad = ~codes.map(lambda c: isinstance(c, str)).to_numpy(dtype=bool)
    refuse_where(submission, bad, column, "pairs of start and length as text", id_column=id_columns[0])
    try:
        return decode(codes.tolist(), cells, strict=strict)
    except CodeError as ex:
        where = " and ".join(f"{c} {show(submission[c].iloc[ex.row])}" for c in id_columns)
        raise InvalidSubmission(f"column {column}, the row with {where}: {ex}") from None


def _offsets(cells: ArrayLike) -> Ints:
    import numpy as np

    return np.concatenate([[0], np.cumsum(np.asarray(cells, dtype=np.int64))]).astype(np.int64)


def _totals(group: Ints, amounts: Ints, groups: int) -> Ints:
    import numpy as np

    total = np.zeros(groups, dtype=np.int64)
    np.add.at(total, group, amounts)
    return total


def _batches(codes: Sequence[str]) -> Iterator[slice]:
    """Slices of rows with a bounded number of characters each."""
    begin = held = 0
    for row, code in enumerate(codes):
        if len(code) > MAX_CHARACTERS:
            raise CodeError(row, f"the code has {len(code):,} characters; at most {MAX_CHARACTERS:,} are read")
        held += len(code) + 1
        if held >= _BATCH_CHARACTERS:
            yield slice(begin, row + 1)
            begin, held = row + 1, 0
    if begin < len(codes):
        yield slice(begin, len(codes))


def _decode(codes: Sequence[str], first_row: int, size: Ints, strict: bool) -> tuple[Ints, Ints, Ints]:
    """(image, start, stop) of a batch; positions count within each image."""
    import numpy as np

    numbers, counts = _numbers(codes, first_row)
    odd = counts % 2 == 1
    if (wrong := odd & (strict | (counts > 3))).any():
        row = int(wrong.argmax())
        raise CodeError(first_row + row, f"{counts[row]} numbers; give pairs of start and length")
    single = counts == 1
    if odd.any():
        begin = np.cumsum(counts) - counts
        if (numbers[begin[single]] <= 0).any():
            row = int(np.flatnonzero(single)[(numbers[begin[single]] <= 0).argmax()])
            raise CodeError(first_row + row, f"the number {numbers[begin[row]]} is no start; starts count from 1")
        triple = begin[counts == 3]
        at = np.concatenate([triple + 3, begin[single]])
        numbers = np.insert(numbers, at, np.concatenate([numbers[triple + 1], np.ones(int(single.sum()), dtype=int)]))
        counts = counts + odd
    start, length = numbers[0::2], numbers[1::2]
    image = np.repeat(np.arange(len(codes)), counts // 2)
    if odd.any():  # what a single number became is no run
        run = ~single[image]
        start, length, image = start[run], length[run], image[run]

    def fail(bad: Any, reason: str) -> None:
        if bad.any():
            run = int(bad.argmax())
            raise CodeError(first_row + int(image[run]), f"the run {start[run]} {length[run]} is not allowed: {reason}")

    fail(start <= 0, "starts count from 1")
    fail(length <= 0, "a length is 1 or more")
    same = np.zeros(len(start), dtype=bool)
    same[1:] = image[1:] == image[:-1]
    descending = same.copy()
    descending[1:] &= start[1:] < start[:-1]
    fail(descending, "starts must ascend")
    limit = size[image]
    low = np.minimum(start - 1, limit)
    high = low + np.minimum(length, limit + 1)
    if strict:
        fail((start > limit) | (high > limit), "it leaves the image")
    inside = start <= limit
    kept = np.flatnonzero(inside)
    touching = np.zeros(len(start), dtype=bool)
    if len(kept) > 1:
        touching[kept[1:]] = same[kept[1:]] & (low[kept[1:]] < high[kept[:-1]])
    fail(touching, "it overlaps the run before it")
    return image[inside] + first_row, low[inside], np.minimum(high, limit)[inside]


def _numbers(codes: Sequence[str], first_row: int) -> tuple[Ints, Ints]:
    """All numbers of the codes in one array, and how many each code has."""
    import numpy as np

    text = " ".join(codes)
    ends = np.cumsum([len(c) + 1 for c in codes]) if len(codes) else np.empty(0, dtype=np.int64)
    if _UNUSUAL.search(text):
        return _numbers_one_by_one(codes, first_row)
    characters = np.frombuffer(text.encode("ascii") + b" ", dtype=np.uint8)
    begins = characters > 32
    begins[1:] &= characters[:-1] <= 32
    upto = np.searchsorted(np.flatnonzero(begins), ends)
    counts = np.diff(upto, prepend=0)
    if not upto.size or not upto[-1]:
        return np.empty(0, dtype=np.int64), counts
    return np.fromstring(text, dtype=np.int64, sep=" "), counts


def _numbers_one_by_one(codes: Sequence[str], first_row: int) -> tuple[Ints, Ints]:
    """As `_numbers`, for texts with other characters than digits and blanks: what Python's `int` reads is read."""
    import numpy as np

    found = []
    for row, code in enumerate(codes):
        tokens = re.finditer(r"\S+", code)
        try:
            found.append(np.fromiter((int(t.group()) for t in tokens), dtype=np.int64))
        except OverflowError:
            raise CodeError(first_row + row, "it holds a number beyond 64 bits") from None
        except ValueError:
            token = next(t.group() for t in re.finditer(r"\S+", code) if not _is_int(t.group()))
            raise CodeError(first_row + row, f"{show(token)} is not a whole number") from None
    return np.concatenate(found), np.array([len(f) for f in found])


def _is_int(token: str) -> bool:
    try:
        int(token)
    except ValueError:
        return False
    return True

"""What reports need of a score in a form that survives Inspect's summaries, so that no report reads a whole sample.

A summary drops every value of a score's metadata that is no number and has over 1 kB; it keeps a text of up to
`PIECE` characters without spaces as it is.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from mlebench_inspect.graders.leaderboard import MEDAL_TIERS, MedalTier

PIECE = 1000
_NAME = "compact_snapshots_"
_LETTERS: dict[MedalTier | None, str] = {**{tier: tier[0] for tier in MEDAL_TIERS}, None: "-"}
_TIERS: dict[str, MedalTier | None] = {letter: tier for tier, letter in _LETTERS.items()}  # type: ignore[misc]


class Moment(NamedTuple):
    """What a snapshot came to."""

    after: float
    """Seconds since the agent began."""
    is_graded: bool
    """False where there was a file that could not be graded, through no fault of the agent's."""
    score: float | None = None
    medal: MedalTier | None = "none"
    percentile: float | None = None
    is_valid: bool = False
    is_above_median: bool = False


def packed(rows: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """Graded snapshots, as `run.snapshots.grade_snapshots` gives them, as short texts by their names in the metadata.

    A row is `seconds,score,tier,percentile,flags`, the tier by its first letter, or `-` where there are no tiers; flags
    are `g` graded, `v` valid and `a` above the median. Rows are parted by `;`, and their text is cut wherever a piece
    is full.
    """
    text = ";".join(map(_row, rows))
    pieces = [text[i : i + PIECE] for i in range(0, len(text), PIECE)] or [""]
    return {f"{_NAME}{number}": piece for number, piece in enumerate(pieces)}


def _row(row: Mapping[str, Any]) -> str:
    facts = {"g": row.get("graded", True), "v": row["valid_submission"], "a": row.get("above_median")}
    flags = "".join(letter for letter, holds in facts.items() if holds)
    return f"{row['after']},{_number(row['score'])},{_LETTERS[row['medal']]},{_number(row.get('percentile'))},{flags}"


def _number(value: float | None) -> str:
    return "" if value is None else repr(value)


def text_of(meta: Mapping[str, Any]) -> str | None:
    """The packed snapshots in a score's metadata in one text; None where the run took none."""
    pieces = list(_pieces(meta))
    return "".join(pieces) if pieces else None


def _pieces(meta: Mapping[str, Any]) -> Iterator[str]:
    number = 0
    while isinstance(piece := meta.get(f"{_NAME}{number}"), str):
        yield piece
        number += 1


_ROW = r"\d+,(?:NUMBER)?,[gsbn-],(?:NUMBER)?,g?v?a?".replace("NUMBER", r"-?\d+(?:\.\d+)?(?:e[-+]\d+)?")
_MEDAL = re.compile(",[gsb],")
_ROWS = re.compile(rf"(?:{_ROW}(?:;{_ROW})*)?")


def check(text: str) -> None:
    """Looks whether a text is one of packed snapshots.

    Raises:
        ValueError: It is none.
    """
    if not _ROWS.fullmatch(text):
        raise ValueError(f"no packed snapshots: {text[:100]!r}")


def moments(text: str) -> list[Moment]:
    """The snapshots in a packed text.

    Raises:
        ValueError: It is none.
    """
    check(text)
    return [_moment(row) for row in text.split(";")] if text else []


def turns(text: str) -> list[tuple[float, bool]]:
    """Of a text that was checked: the seconds at which valid snapshots begin or cease to have a medal, and which.

    No more is read, since there may be millions.
    """
    found, before = [], False
    for row in text.split(";") if _MEDAL.search(text) else ():
        after, _, letter, _, flags = row.split(",")
        if "v" in flags and (letter in "gsb") != before:
            before = not before
            found.append((float(after), before))
    return found


def _moment(row: str) -> Moment:
    after, score, letter, percentile, flags = row.split(",")
    return Moment(
        float(after),
        "g" in flags,
        float(score) if score else None,
        _TIERS[letter],
        float(percentile) if percentile else None,
        "v" in flags,
        "a" in flags,
    )

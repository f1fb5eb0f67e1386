"""Snapshots as they come from a log: packed until somebody looks, since a run has up to 200 of each sample."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import overload

from mlebench_inspect.graders.report import GradingReport
from mlebench_inspect.reporting.records import Snapshot
from mlebench_inspect.run.compact import Moment, check, moments, turns


class Snapshots(Sequence[Snapshot]):
    """The snapshots of a sample by time.

    Args:
        text: As packed by `run.compact`.
        final: The report of the sample's submission, whose thresholds hold for its snapshots too.

    Raises:
        ValueError: The text holds no snapshots.
    """

    __slots__ = ("_final", "_text")

    def __init__(self, text: str, final: GradingReport) -> None:
        check(text)
        self._text, self._final = text, final

    @overload
    def __getitem__(self, place: int) -> Snapshot: ...

    @overload
    def __getitem__(self, place: slice) -> Sequence[Snapshot]: ...

    def __getitem__(self, place: int | slice) -> Snapshot | Sequence[Snapshot]:
        """One snapshot, or several as a tuple."""
        return tuple(Snapshot(m.after, self._report(m)) for m in moments(self._text))[place]

    def __iter__(self) -> Iterator[Snapshot]:
        """All of them, unpacked once."""
        return iter(self[:])

    def __len__(self) -> int:
        """How many there are."""
        return self._text.count(";") + 1 if self._text else 0

    def __eq__(self, other: object) -> bool:
        """Whether the other is a sequence of equal snapshots."""
        return isinstance(other, Sequence) and tuple(self) == tuple(other)

    def __hash__(self) -> int:
        return hash(self._text)

    def __repr__(self) -> str:
        return f"Snapshots({self._text!r})"

    def turns(self) -> list[tuple[float, bool]]:
        """When valid ones begin (True) or cease to have a medal, without a report of each."""
        return turns(self._text)

    def _report(self, moment: Moment) -> GradingReport | None:
        if not moment.is_graded:
            return None
        return self._final.model_copy(
            update={
                "score": moment.score,
                **_of_tiers(moment),
                "medal": moment.medal,
                "submission_exists": True,
                "valid_submission": moment.is_valid,
                "percentile": moment.percentile,
                **_OF_THE_FINAL,
            }
        )


def _of_tiers(moment: Moment) -> dict[str, bool | None]:
    """What is defined only where medals are."""
    won = {
        "any_medal": moment.medal != "none",
        **{f"{tier}_medal": moment.medal == tier for tier in ("gold", "silver", "bronze")},
        "above_median": moment.is_above_median,
    }
    return dict.fromkeys(won) if moment.medal is None else dict(won)


def turns_of(snapshots: Sequence[Snapshot] | None) -> list[tuple[float, bool]]:
    """Seconds at which valid snapshots begin (True) or cease to have a medal, by time."""
    if isinstance(snapshots, Snapshots):
        return snapshots.turns()
    taken = sorted(snapshots or (), key=lambda s: s.after)
    medals = [(s.after, bool(s.report.any_medal)) for s in taken if s.report is not None and s.report.valid_submission]
    return [now for before, now in pairwise([(0.0, False), *medals]) if before[1] != now[1]]


_OF_THE_FINAL = dict.fromkeys(
    ("error", "detail", "notice", "score_note", "rows_counted", "rows_to_predict", "rank", "submission_sha256")
) | {"submission_path": ""}
"""What the report of the sample's submission says of that file alone."""

"""What runs with snapshots would have come to, had they ended earlier."""

from __future__ import annotations

import re
from dataclasses import replace

from mlebench_inspect.reporting.measures import HOUR, ended
from mlebench_inspect.reporting.records import Reading, ReportingError, Result, RunRecord, Skipped
from mlebench_inspect.tasks import competition

_LENGTH = re.compile(r"(?:(\d+(?:\.\d+)?)h)?(?:(\d+(?:\.\d+)?)m)?(?:(\d+(?:\.\d+)?)s)?")


def seconds_of(text: str) -> float:
    """A length of time: `12h`, `90m`, `1h30m` or `3600s`.

    Raises:
        ReportingError: It is none, or nothing.
    """
    found = _LENGTH.fullmatch(text.strip().lower())
    parts = found.groups() if found and text.strip() else ()
    seconds = sum(float(part or 0) * unit for part, unit in zip(parts, (HOUR, 60.0, 1.0), strict=False))
    if not seconds:
        raise ReportingError(f"{text!r} is no length of time; give one such as 12h, 90m, 1h30m or 3600s")
    return seconds


def told(seconds: float) -> str:
    """A moment of a run for people: `12 h`, `1.5 h`, `45 s`."""
    return f"{seconds / HOUR:g} h" if seconds >= 60 else f"{seconds:g} s"


def cut(reading: Reading, at: float) -> Reading:
    """The same runs, ended at `at` seconds.

    A run that ended by then keeps its submission. Of any other its last snapshot at or before `at` counts, valid or
    not, since that is what would have been graded; without one there is no submission. What lay there but could not be
    graded is without score, and what is without score stays so. Runs in which a sample went on for longer and no
    snapshots were taken cannot be cut: they are left out whole, so that none of their samples passes for a failure, and
    are named.

    Args:
        reading: What was run.
        at: Seconds since a run began.

    Raises:
        ReportingError: None of the runs can be cut.
    """
    runs: list[RunRecord] = []
    skipped: list[Skipped] = []
    for run in reading.runs:
        unknown = [r for r in run.results if not _can_be_cut(r, at)]
        if unknown:
            why = f"cannot be cut at {told(at)}: {len(unknown)} of its samples went on and took no snapshots"
            skipped.append(Skipped(unknown[0].log or f"run {run.task}", f"{why} (run with -T snapshot_every=...)"))
        else:
            runs.append(replace(run, results=tuple(_cut(r, at) for r in run.results)))
    if skipped and not runs:
        raise ReportingError(str(skipped[0]))
    return Reading(tuple(runs), (*reading.skipped, *skipped), cut_at=at)


def _can_be_cut(result: Result, at: float) -> bool:
    return result.report is None or result.snapshots is not None or ended(result) <= at


def _cut(result: Result, at: float) -> Result:
    limit = at if result.time_limit is None else min(at, result.time_limit)
    if result.report is None or ended(result) <= at:
        return replace(result, time_limit=limit)
    kept = tuple(s for s in result.snapshots or () if s.after <= at)
    shorter = replace(
        result,
        seconds=at,
        time_limit=limit,
        snapshots=kept,
        limit="time",
        reason="time_limit",
        cause=None,
        tokens=None,
        usage=None,
        cost=None,
        submission_sha256=None,
        artifact=None,
    )
    if not kept:
        report = competition(result.competition).report(
            None,
            exists=False,
            error=f"no submission by {told(at)}",
            revision=result.report.revision,
            data=result.report.data,
        )
        return replace(shorter, report=report)
    if kept[-1].report is None:
        cause = f"what lay there after {told(kept[-1].after)} could not be graded"
        return replace(shorter, status="unscored", report=None, reason="snapshot_not_graded", cause=cause)
    return replace(shorter, report=kept[-1].report, submission_sha256=kept[-1].report.submission_sha256)

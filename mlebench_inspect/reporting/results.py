"""The results in many logs: each run once, whatever it was taken up in, and whatever lies beside it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from mlebench_inspect.reporting.conduct import with_verdicts
from mlebench_inspect.reporting.many import Progress, read_logs
from mlebench_inspect.reporting.places import find_logs
from mlebench_inspect.reporting.records import Reading, ReportingError, Result, RunRecord, Skipped
from mlebench_inspect.reporting.shards import with_missing
from mlebench_inspect.violations.reading import verdicts_beside


def read_results(places: Iterable[Path | str], progress: Progress | None = None) -> Reading:
    """Results of all logs of this benchmark in the folders or files `places`; what is none is named as skipped.

    Logs of one run that was taken up again count once: a score before an error, and the newest of equals. Results have
    the verdicts that lie in folders `scans` beside the logs. What no log is of a whole that was run in shards is a run
    without logs and results.

    Args:
        places: Paths, or URLs such as `s3://bucket/logs`.
        progress: Told how many logs of how many are read.

    Raises:
        ReportingError: There is no such place, or no log of this benchmark.
    """
    places = list(places)
    found = read_whatever(places, progress)
    if not found.runs:
        where, skipped = ", ".join(map(str, places)), "".join(f"; skipped {s}" for s in found.skipped)
        raise ReportingError(
            f"no log of this benchmark can be used: {where}{skipped}"
            if skipped
            else f"no log of this benchmark in {where}"
        )
    return found


def read_whatever(places: Iterable[Path | str], progress: Progress | None = None) -> Reading:
    """As `read_results`, also where there is nothing to read.

    Raises:
        ReportingError: There is no such place.
    """
    found: list[RunRecord] = []
    skipped: list[Skipped] = []
    for each in read_logs(find_logs(places), progress):
        if isinstance(each, Skipped):
            skipped.append(each)
        else:
            found += each
    reading = Reading(tuple(with_missing(merged(found))), tuple(skipped))
    return with_verdicts(reading, verdicts_beside(log for run in reading.runs for log in run.logs))


def merged(logs: Sequence[RunRecord]) -> list[RunRecord]:
    """The logs of each run as one, in the order in which the runs began."""
    attempts: dict[tuple[str, str, str], list[RunRecord]] = defaultdict(list)
    for log in logs:
        attempts[log.task, log.data, log.revision].append(log)
    return sorted((_merge(found) for found in attempts.values()), key=lambda r: (r.created, r.task))


def _merge(attempts: list[RunRecord]) -> RunRecord:
    attempts = sorted(attempts, key=lambda a: a.created)
    best: dict[tuple[str, int], Result] = {}
    for result in (r for a in attempts for r in a.results):
        key = (result.competition, result.seed)
        if key not in best or _rank(result) >= _rank(best[key]):
            best[key] = result
    return replace(
        attempts[-1],
        created=attempts[0].created,
        competitions=tuple(sorted({c for a in attempts for c in a.competitions} | {c for c, _ in best})),
        seeds=max([a.seeds for a in attempts] + [s for _, s in best]),
        results=tuple(best.values()),
        logs=tuple(log for a in attempts for log in a.logs),
    )


def _rank(result: Result) -> tuple[bool, str]:
    return result.status == "scored", result.created

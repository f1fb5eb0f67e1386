"""The data frame of snapshots."""

from __future__ import annotations

from collections.abc import Iterator

from pandas import DataFrame

from mlebench_inspect.analysis._frames import NUMBER, TEXT, TRUTH, WHOLE, Digests, Row, about, framed, outcome
from mlebench_inspect.reporting.records import Reading, RunRecord

COLUMNS = {
    "task": TEXT,
    "data": TEXT,
    "revision": TEXT,
    "solver": TEXT,
    "model": TEXT,
    "conditions": TEXT,
    "identity": TEXT,
    "competition": TEXT,
    "seed": WHOLE,
    "number": WHOLE,
    "after": NUMBER,
    "graded": TRUTH,
    "valid": TRUTH,
    "medal": TEXT,
    "any_medal": TRUTH,
    "score": NUMBER,
    "percentile": NUMBER,
    "above_median": TRUTH,
}


def frame(reading: Reading) -> DataFrame:
    """The snapshots of all runs."""
    digests = Digests()
    return framed((row for run in reading.runs for row in _rows(run, digests)), COLUMNS)


def _rows(run: RunRecord, digests: Digests) -> Iterator[Row]:
    for result in sorted(run.results, key=lambda r: (r.competition, r.seed)):
        for number, snapshot in enumerate(result.snapshots or (), 1):
            yield {
                **about(run),
                "identity": digests.of(result.fields),
                "competition": result.competition,
                "seed": result.seed,
                "number": number,
                "after": snapshot.after,
                "graded": snapshot.report is not None,
                **(outcome(snapshot.report) if snapshot.report else {}),
            }

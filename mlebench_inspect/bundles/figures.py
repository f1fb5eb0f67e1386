"""From a bundle's records to the figures: the same objects and the same function as from logs."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from typing import Any

from mlebench_inspect.bundles.errors import BrokenBundle
from mlebench_inspect.bundles.schema import MOST_RUNS, MOST_SAMPLES, RunFile, SampleFile
from mlebench_inspect.reporting import figures
from mlebench_inspect.reporting.records import Reading, Result, RunRecord
from mlebench_inspect.reporting.snapshots import Snapshots
from mlebench_inspect.run import compact


def of_run(run: RunRecord) -> RunFile:
    """A run as a bundle keeps it, without its samples."""
    names = set(RunFile.model_fields)
    return RunFile.model_validate({k: v for k, v in vars(run).items() if k in names})


def reading_of(runs: Iterable[tuple[RunFile, Iterable[SampleFile]]]) -> Reading:
    """What reports are made of, from records alone."""
    return Reading(tuple(_record(run, samples) for run, samples in runs))


def _record(run: RunFile, samples: Iterable[SampleFile]) -> RunRecord:
    about = {name: getattr(run, name) for name in RunFile.model_fields}
    about |= {"created": run.created.isoformat(), "competitions": tuple(run.competitions)}
    return RunRecord(**about, results=tuple(map(_result, samples)))


def _result(sample: SampleFile) -> Result:
    """The result with its snapshots, packed as those of a log are."""
    report = sample.result.report
    if report is None or sample.snapshots is None:
        return sample.result
    rows = [{"after": s.after, **s.worth.model_dump()} for s in sample.snapshots]
    return replace(sample.result, snapshots=Snapshots("".join(compact.packed(rows).values()), report))


def stated(reading: Reading, pooled: Collection[str]) -> list[dict[str, Any]]:
    """The figures of all rows, as plain data.

    Raises:
        ReportingError: There is nothing to report, or a field to pool is unknown.
    """
    return [json.loads(row.model_dump_json()) for row in figures.report(reading, pooled=pooled)]


def check_size(runs: Sequence[RunFile]) -> None:
    """Refuses what would take figures too long.

    Raises:
        BrokenBundle: There are more runs, or more is planned, than a bundle may hold.
    """
    planned = sum(run.seeds * len(run.competitions) for run in runs)
    if not runs or len(runs) > MOST_RUNS or planned > MOST_SAMPLES:
        raise BrokenBundle(
            f"a bundle holds 1 to {MOST_RUNS:,} runs of at most {MOST_SAMPLES:,} samples together, not "
            f"{len(runs):,} of {planned:,}"
        )

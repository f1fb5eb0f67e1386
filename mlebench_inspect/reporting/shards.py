"""Runs that are parts of one whole, on many hosts: what no log is of stays in the denominators."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence

from mlebench_inspect.reporting.records import NEVER_STARTED, RunRecord
from mlebench_inspect.reporting.rows import Row
from mlebench_inspect.run.identity import digest

_NAMED = 5  # competitions that a note names


def with_missing(runs: Sequence[RunRecord]) -> list[RunRecord]:
    """The runs, and for each whole that was run in shards a run of the competitions that no shard has planned.

    Such a run has no logs and no results: its samples are not run, and so they count as failures.
    """
    wholes: dict[tuple[object, ...], list[RunRecord]] = defaultdict(list)
    for run in runs:
        if run.whole:
            wholes[run.whole, run.seeds, run.data, run.revision, digest(run.fields)].append(run)
    return [*runs, *(missing for shards in wholes.values() for missing in _missing(shards))]


def _missing(shards: Sequence[RunRecord]) -> Iterator[RunRecord]:
    first = min(shards, key=lambda s: (s.created, s.task))
    planned = {c for s in shards for c in s.competitions}
    if lacking := [c for c in first.whole if c not in planned]:
        yield RunRecord(
            task=f"{first.task}-{NEVER_STARTED.replace(' ', '-')}",
            group=first.group,
            data=first.data,
            revision=first.revision,
            created=first.created,
            competitions=tuple(lacking),
            seeds=first.seeds,
            fields=first.fields,
            noted={},
            hardware=None,
            results=(),
            shard=NEVER_STARTED,
            whole=first.whole,
        )


def told_of_shards(row: Row, rows: Sequence[Row]) -> Iterator[str]:
    """What a reader must know of a row's shards: what never started, and what others hold too and so is not pooled.

    Args:
        row: What is told of.
        rows: All rows.
    """
    if lacking := [c for run in row.runs if run.shard == NEVER_STARTED for c in run.competitions]:
        yield f"No log is of {_counted(lacking)}: the shards that hold them never started."
    mine = {(run.group, c): run.shard for run in row.runs if run.shard for c in run.competitions}
    for other in rows:
        if other is row or (other.setting, other.identity) != (row.setting, row.identity):
            continue
        for run in other.runs:
            both = [c for c in run.competitions if run.shard and (run.group, c) in mine]
            if both and run.shard != NEVER_STARTED:
                shards = sorted({mine[run.group, c] for c in both})
                yield (
                    f"{_counted(both)} of shard {', '.join(shards)} stand in another row too, as shard {run.shard} of "
                    "the same whole: each is to run once. Report without one of the two logs."
                )


def _counted(ids: Sequence[str]) -> str:
    more = f" and {len(ids) - _NAMED} more" if len(ids) > _NAMED else ""
    return f"{len(ids)} competition{'s' * (len(ids) != 1)} ({', '.join(ids[:_NAMED])}{more})"

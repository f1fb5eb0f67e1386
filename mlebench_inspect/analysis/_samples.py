"""The data frame of samples."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from inspect_ai.analysis import EvalInfo, SampleSummary, samples_df
from pandas import DataFrame

from mlebench_inspect.analysis._frames import MOMENT, NUMBER, TEXT, TRUTH, WHOLE, Digests, Row, about, framed, outcome
from mlebench_inspect.reporting.conduct import gravest
from mlebench_inspect.reporting.records import Reading, Result, RunRecord
from mlebench_inspect.tasks import competition

COLUMNS = {
    "task": TEXT,
    "log": TEXT,
    "created": MOMENT,
    "data": TEXT,
    "revision": TEXT,
    "solver": TEXT,
    "model": TEXT,
    "conditions": TEXT,
    "identity": TEXT,
    "competition": TEXT,
    "complexity": TEXT,
    "category": TEXT,
    "metric": TEXT,
    "seed": WHOLE,
    "status": TEXT,
    "reason": TEXT,
    "cause": TEXT,
    "medal": TEXT,
    "any_medal": TRUTH,
    "score": NUMBER,
    "percentile": NUMBER,
    "above_median": TRUTH,
    "valid": TRUTH,
    "made": TRUTH,
    "error": TEXT,
    "tokens": WHOLE,
    "input_tokens": WHOLE,
    "output_tokens": WHOLE,
    "cached_tokens": WHOLE,
    "cost": NUMBER,
    "seconds": NUMBER,
    "limit": TEXT,
    "ended_by": TEXT,
    "time_limit": NUMBER,
    "gpus": WHOLE,
    "snapshots": WHOLE,
    "conduct": TEXT,
    "submission_sha256": TEXT,
    "artifact": TEXT,
    "answers_sha256": TEXT,
}
OF_INSPECT = {
    "eval_id": TEXT,
    "sample_id": TEXT,
    "working_time": NUMBER,
    "message_count": WHOLE,
    "turn_count": WHOLE,
    "retries": WHOLE,
}
_KEYS = {"task_id", "log", "id", "epoch"}


def frame(reading: Reading, parallel: bool | int) -> DataFrame:
    """The samples of all runs, with what Inspect says of them."""
    digests, beside = Digests(), _of_inspect(reading, parallel)
    rows = (row | beside.of(row) for run in reading.runs for row in _rows(run, digests))
    return framed(rows, COLUMNS | OF_INSPECT)


def _rows(run: RunRecord, digests: Digests) -> Iterator[Row]:
    results = {(r.competition, r.seed): r for r in run.results}
    planned = {(c, s) for c in run.competitions for s in range(1, run.seeds + 1)}
    for competition_id, seed in sorted(planned | set(results)):
        found, result = competition(competition_id), results.get((competition_id, seed))
        yield {
            **about(run),
            "competition": competition_id,
            "complexity": found.complexity,
            "category": found.category,
            "metric": found.metric,
            "seed": seed,
            "status": "not run",
            **(_of_result(result, digests) if result else {}),
        }


def _of_result(result: Result, digests: Digests) -> Row:
    usage, report = result.usage, result.report
    return {
        "log": result.log,
        "created": result.created,
        "identity": digests.of(result.fields),
        "status": result.status,
        "reason": result.reason,
        "cause": result.cause,
        "conduct": gravest(result),
        "tokens": result.tokens,
        **({f"{name}_tokens": number for name, number in usage._asdict().items()} if usage else {}),
        "cost": result.cost,
        "seconds": result.seconds,
        "limit": result.limit,
        "ended_by": result.ended_by,
        "time_limit": result.time_limit,
        "gpus": result.gpus,
        "snapshots": None if result.snapshots is None else len(result.snapshots),
        "submission_sha256": result.submission_sha256,
        "artifact": result.artifact,
        "answers_sha256": result.answers or None,
        **({**outcome(report), "made": report.submission_exists, "error": report.error} if report else {}),
    }


class _Beside:
    """Rows of Inspect's frame by log and sample; a sample that a later log took over stands in it only once."""

    def __init__(self, rows: Sequence[Mapping[Any, Any]]) -> None:
        self._rows = {(r["task_id"], str(r["id"]), r["epoch"]): r for r in rows}
        self._rows |= {(r["log"], str(r["id"]), r["epoch"]): r for r in rows}

    def of(self, row: Row) -> Row:
        """What Inspect says of a sample; nothing of one that never began."""
        for place in (row.get("log"), row["task"]):
            found = self._rows.get((place, row["competition"], row["seed"]))
            if found and row["status"] != "not run":
                return {name: found.get(name) for name in OF_INSPECT}
        return {}


def _of_inspect(reading: Reading, parallel: bool | int) -> _Beside:
    logs = sorted({r.log for r in reading.results})
    if not logs:
        return _Beside([])
    wanted = _KEYS | set(OF_INSPECT)
    columns = [c for c in (*EvalInfo, *SampleSummary) if c.name in wanted]
    found = samples_df(logs, columns=columns, parallel=parallel, quiet=True)
    return _Beside(found.to_dict("records"))

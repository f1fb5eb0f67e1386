"""The data frame of runs."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from typing import Any

from inspect_ai.analysis import EvalInfo, EvalResults, evals_df
from pandas import DataFrame

from mlebench_inspect.analysis._frames import MOMENT, NUMBER, TEXT, WHOLE, Digests, Row, about, framed
from mlebench_inspect.graders.report import GradingReport
from mlebench_inspect.reporting.figures import run_of
from mlebench_inspect.reporting.records import Reading, RunRecord
from mlebench_inspect.run.figures import KEYS

COLUMNS = {
    "task": TEXT,
    "log": TEXT,
    "logs": WHOLE,
    "created": MOMENT,
    "group": TEXT,
    "data": TEXT,
    "revision": TEXT,
    "solver": TEXT,
    "model": TEXT,
    "conditions": TEXT,
    "identity": TEXT,
    "hardware": TEXT,
    "competitions": WHOLE,
    "seeds": WHOLE,
    "scored": WHOLE,
    "unscored": WHOLE,
    "not_run": WHOLE,
    "any_medal": NUMBER,
    "any_medal_sem": NUMBER,
    "gold": NUMBER,
    "silver": NUMBER,
    "bronze": NUMBER,
    "above_median": NUMBER,
    "valid": NUMBER,
    "made": NUMBER,
    "percentile": NUMBER,
    "tokens": WHOLE,
    "cost": NUMBER,
    "hours": NUMBER,
    "eval_id": TEXT,
    "eval_status": TEXT,
    "git_commit": TEXT,
}
_OF_INSPECT = {"eval_id": "eval_id", "status": "eval_status", "git_commit": "git_commit"}


def frame(reading: Reading) -> DataFrame:
    """All runs, with what Inspect says of their newest logs."""
    beside, digests = _of_inspect(reading), Digests()
    rows = [_row(run, digests) | beside.get(_newest(run) or "", {}) for run in reading.runs]
    return framed(rows, COLUMNS)


def _row(run: RunRecord, digests: Digests) -> Row:
    identities = {digests.of(r.fields) for r in run.results if r.is_set_up}
    statuses = Counter(r.status for r in run.results)
    seconds = [r.seconds for r in run.results if r.seconds is not None]
    costs = [r.cost for r in run.results if r.cost is not None]
    tokens = [r.tokens for r in run.results if r.tokens is not None]
    return {
        **about(run),
        "log": _newest(run),
        "logs": len(run.logs),
        "created": run.created,
        "group": run.group,
        "identity": identities.pop() if len(identities) == 1 else None,
        "hardware": run.hardware,
        "competitions": len(run.competitions),
        "seeds": run.seeds,
        **{name: statuses.get(name, 0) for name in ("scored", "unscored")},
        "not_run": len(run.competitions) * run.seeds - len(run.results),
        **_figures(run),
        "tokens": sum(tokens) if tokens else None,
        "cost": math.fsum(costs) if costs else None,
        "hours": math.fsum(seconds) / 3600 if seconds else None,
    }


def _newest(run: RunRecord) -> str | None:
    """Its newest log; None for what stands for shards that never started."""
    return run.logs[-1] if run.logs else None


def _figures(run: RunRecord) -> Row:
    if not run.competitions:
        return {}
    table: dict[int, dict[str, GradingReport | None]] = defaultdict(dict, {s: {} for s in range(1, run.seeds + 1)})
    for result in run.results:
        table[result.seed][result.competition] = result.report
    found = run_of(table, run.competitions)
    mean, sem = found.percent("any_medal")
    return {
        "any_medal": mean,
        "any_medal_sem": sem,
        **{key: found.percent(key)[0] for key in KEYS if key != "any_medal"},
        "percentile": found.percentile()[0],
    }


def _of_inspect(reading: Reading) -> dict[str, dict[str, Any]]:
    """By log."""
    logs = sorted({run.logs[-1] for run in reading.runs if run.logs})
    if not logs:
        return {}
    columns = [c for c in (*EvalInfo, *EvalResults) if c.name in {"log", *_OF_INSPECT}]
    rows = evals_df(logs, columns=columns, quiet=True).to_dict("records")
    return {str(r["log"]): {ours: r.get(name) for name, ours in _OF_INSPECT.items()} for r in rows}

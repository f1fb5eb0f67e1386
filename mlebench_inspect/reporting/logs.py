"""One Inspect log as a run with its results."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from inspect_ai.log import (
    EvalLog,
    EvalSampleSummary,
    read_eval_log,
    read_eval_log_sample,
    read_eval_log_sample_summaries,
)
from inspect_ai.scorer import Score

from mlebench_inspect.graders.report import GradingReport
from mlebench_inspect.reporting.places import first_line
from mlebench_inspect.reporting.records import ReportingError, Result, RunRecord, Usage
from mlebench_inspect.reporting.snapshots import Snapshots
from mlebench_inspect.run import compact
from mlebench_inspect.run.figures import values_of
from mlebench_inspect.run.identity import fields_of, noted_of
from mlebench_inspect.run.outcome import is_interrupt
from mlebench_inspect.run.plan import Plan
from mlebench_inspect.tasks import CatalogueError, competition

SCORER = "mlebench"
_HEAVY = {"messages", "events", "events_data", "timelines", "store", "attachments", "output", "error_retries"}
_READ = ("given", "ending", "error", "unscored", "answers_sha256", "run_revision", *GradingReport.model_fields)


class NoLog(ReportingError):
    """A file is no log of this benchmark, or cannot be read."""


def read_run(location: str) -> list[RunRecord]:
    """The run that a log is of; several where its samples were graded on several revisions or kinds of data.

    Raises:
        NoLog: It is no log, damaged, or another benchmark's.
    """
    try:
        log = read_eval_log(location, header_only=True)
        about = log.eval.metadata or {}
        if "revision" not in about or "data" not in about:
            raise NoLog("no log of this benchmark")
        summaries = read_eval_log_sample_summaries(location)
        run = _blank(log, about)
        for competition_id in {*run.competitions, *(str(s.id) for s in summaries)}:
            competition(competition_id)
        return _with_results(run, [_of_sample(location, s, log) for s in summaries])
    except NoLog:
        raise
    except CatalogueError as ex:
        raise NoLog(f"{ex}") from ex
    except Exception as ex:  # whatever reading a damaged file or a cloud's client raises
        raise NoLog(f"cannot be read as a log: {first_line(ex)}") from ex


def _blank(log: EvalLog, about: Mapping[str, Any]) -> RunRecord:
    plan = Plan.of(log.eval)
    return RunRecord(
        task=log.eval.task_id,
        group=log.eval.eval_set_id or log.eval.task_id,
        data=str(about["data"]),
        revision=str(about["revision"]),
        created=log.eval.created,
        competitions=tuple(plan.competitions),
        seeds=plan.seeds,
        fields=fields_of(log),
        noted=noted_of(log.eval),
        hardware=about.get("hardware"),
        results=(),
    )


def _with_results(run: RunRecord, results: list[tuple[Result, str]]) -> list[RunRecord]:
    """Puts the results into the run, one run for each revision that they were graded on.

    What has no score belongs where all others were graded: the log may have been graded again on another revision.
    """
    graded: set[tuple[str, str]] = {(r.report.data, revision) for r, revision in results if r.report}
    keys = sorted(graded) or [(run.data, run.revision)]
    home = (run.data, run.revision) if len(keys) > 1 else keys[0]
    if home not in keys and any(r.report is None for r, _ in results):
        keys.append(home)
    return [
        replace(
            run,
            data=data,
            revision=revision,
            results=tuple(r for r, on in results if ((r.report.data, on) if r.report else home) == (data, revision)),
        )
        for data, revision in keys
    ]


def _of_sample(location: str, sample: EvalSampleSummary, log: EvalLog) -> tuple[Result, str]:
    """A sample's result, and the revision that it was graded on."""
    score = _ours(sample.scores or {})
    if score is not None and _is_thinned(score):
        score = _whole(location, sample) or score
    meta = (score.metadata if score else None) or {}
    blank = Result(
        competition=str(sample.id),
        seed=sample.epoch,
        status="unscored",
        fields=fields_of(log, meta["given"] if isinstance(meta.get("given"), dict) else None),
        answers=str(meta.get("answers_sha256") or ""),
        seconds=sample.total_time,
        tokens=sum(u.total_tokens for u in sample.model_usage.values()) if sample.model_usage else None,
        cost=_cost(sample),
        limit=_ending(meta).get("limit") or sample.limit,
        usage=_usage(sample),
        created=log.eval.created,
        time_limit=_time_limit(meta, log),
        gpus=int(meta.get("gpus") or 0),
        submission_sha256=meta.get("submission_sha256"),
        artifact=meta.get("artifact"),
        log=location,
    )
    if score is None or values_of(score.value) is None:
        return _unscored(blank, sample, score), ""
    report = GradingReport.model_validate({k: meta[k] for k in GradingReport.model_fields if k in meta})
    run_revision = meta.get("run_revision") or report.revision
    on = report.revision if run_revision == report.revision else f"{report.revision} (run on {run_revision})"
    text = compact.text_of(meta)
    return replace(
        blank,
        status="scored",
        report=report,
        reason=score.reason,
        cause=_crash(meta),
        snapshots=None if text is None else Snapshots(text, report),
    ), on


def _cost(sample: EvalSampleSummary) -> float | None:
    """Of all models together; None if the price of one is not known."""
    costs = [u.total_cost for u in sample.model_usage.values()]
    known = [c for c in costs if c is not None]
    return math.fsum(known) if costs and len(known) == len(costs) else None


def _usage(sample: EvalSampleSummary) -> Usage | None:
    found = sample.model_usage.values()
    if not found:
        return None
    return Usage(
        input=sum(u.input_tokens for u in found),
        output=sum(u.output_tokens for u in found),
        cached=sum((u.input_tokens_cache_read or 0) + (u.input_tokens_cache_write or 0) for u in found),
    )


def _time_limit(meta: Mapping[str, Any], log: EvalLog) -> float | None:
    """What the sample itself was told; the header's for one that never came so far."""
    limit = meta.get("time_limit") or log.eval.config.time_limit
    return float(limit) if limit else None


def _crash(meta: Mapping[str, Any]) -> str | None:
    error: str | None = _ending(meta).get("error")
    return error


def _ending(meta: Mapping[str, Any]) -> Mapping[str, Any]:
    ending = meta.get("ending")
    return ending if isinstance(ending, dict) else {}


def _unscored(blank: Result, sample: EvalSampleSummary, score: Score | None) -> Result:
    if score is not None:
        meta = score.metadata or {}
        return replace(blank, reason=score.reason or "unscored", cause=meta.get("error") or score.explanation)
    if sample.error is not None and is_interrupt(sample.error):
        return replace(blank, reason="cancelled", cause="the run was interrupted; run: inspect score")
    if sample.error is not None:
        return replace(blank, reason="error", cause=sample.error)
    return replace(blank, reason="not_scored", cause="no scorer ran; run: inspect score")


def _ours(scores: Mapping[str, Score]) -> Score | None:
    """The last score of this benchmark, since `inspect score` may have appended one; a result before all others."""
    ours = [s for name, s in scores.items() if name.startswith(SCORER) and "competition" in (s.metadata or {})]
    results = [s for s in ours if values_of(s.value) is not None]
    return results[-1] if results else ours[-1] if ours else None


def _is_thinned(score: Score) -> bool:
    """Whether Inspect's summary shortened or dropped what reports need."""
    meta = score.metadata or {}
    return any(
        isinstance(text, str) and text.endswith(("...", "Key removed from summary (> 1k)"))
        for text in (*(meta.get(key) for key in _READ), score.explanation if "error" not in meta else None)
    )


def _whole(location: str, sample: EvalSampleSummary) -> Score | None:
    try:
        found = read_eval_log_sample(location, sample.id, sample.epoch, exclude_fields=_HEAVY)
    except Exception:  # damaged, while its summary is not
        return None
    return _ours(found.scores or {})

"""One Inspect log as a run with its results."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache
from typing import Any, NamedTuple

from inspect_ai.log import EvalLog, read_eval_log_sample

from mlebench_inspect._inspect import open_log
from mlebench_inspect.graders.report import GradingReport
from mlebench_inspect.reporting.places import first_line
from mlebench_inspect.reporting.records import ReportingError, Result, RunRecord, Usage
from mlebench_inspect.reporting.snapshots import Snapshots
from mlebench_inspect.run import compact
from mlebench_inspect.run.figures import is_result
from mlebench_inspect.run.identity import fields_of, noted_of
from mlebench_inspect.run.outcome import is_interrupt
from mlebench_inspect.run.plan import Plan
from mlebench_inspect.run.shards import Part
from mlebench_inspect.tasks import CatalogueError, competition

SCORER = "mlebench"
_HEAVY = {"messages", "events", "events_data", "timelines", "store", "attachments", "output", "error_retries"}
_OF_REPORT = tuple(GradingReport.model_fields)
_FIELDS = set(_OF_REPORT)
_ALIKE = (
    *("competition_id", "metric", "is_lower_better", "revision", "data"),
    *(f"{name}_threshold" for name in ("gold", "silver", "bronze", "median")),
)
_LONG = ("given", "ending", "error", "detail", "notice", "score_note", "submission_path", "artifact")
"""What reports read of a score's metadata that may be too long for a summary."""


class NoLog(ReportingError):
    """A file is no log of this benchmark, or cannot be read."""


class _Score(NamedTuple):
    """A score as it stands in a summary, or in a whole sample."""

    value: Any
    reason: str | None
    explanation: str | None
    meta: Mapping[str, Any]

    @property
    def ending(self) -> Mapping[str, Any]:
        """How the agent's work ended."""
        found = self.meta.get("ending")
        return found if isinstance(found, dict) else {}


def read_run(location: str) -> list[RunRecord]:
    """The run that a log is of; several where its samples were graded on several revisions or kinds of data.

    Raises:
        NoLog: It is no log, damaged, or another benchmark's.
    """
    try:
        with open_log(location) as file:
            log, about = file.header, file.header.eval.metadata or {}
            if "revision" not in about or "data" not in about:
                raise NoLog("no log of this benchmark")
            summaries = file.summaries()
        run = _blank(location, log, about)
        for competition_id in {*run.competitions, *run.whole, *(str(s["id"]) for s in summaries)}:
            competition(competition_id)
        return _with_results(run, _Samples(location, log).results(summaries))
    except NoLog:
        raise
    except CatalogueError as ex:
        raise NoLog(f"{ex}") from ex
    except Exception as ex:  # whatever reading a damaged file or a cloud's client raises
        raise NoLog(f"cannot be read as a log: {first_line(ex)}") from ex


def _blank(location: str, log: EvalLog, about: Mapping[str, Any]) -> RunRecord:
    plan, part = Plan.of(log.eval), Part.of(log.eval)
    return RunRecord(
        task=log.eval.task_id,
        group=part.group or log.eval.eval_set_id or log.eval.task_id,
        data=str(about["data"]),
        revision=str(about["revision"]),
        created=log.eval.created,
        competitions=tuple(plan.competitions),
        seeds=plan.seeds,
        fields=fields_of(log),
        noted=noted_of(log.eval),
        hardware=about.get("hardware"),
        results=(),
        logs=(location,),
        shard=part.shard,
        whole=part.whole,
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


class _Samples:
    """The samples of one log.

    Args:
        location: Of the log.
        log: Its header.
    """

    def __init__(self, location: str, log: EvalLog) -> None:
        self._location, self._log = location, log
        self._limit = log.eval.config.time_limit
        self._fields: list[tuple[object, dict[str, Any]]] = []

    def results(self, summaries: list[dict[str, Any]]) -> list[tuple[Result, str]]:
        """The results, and the revisions that they were graded on.

        Args:
            summaries: As they are stored in the log.
        """
        return [self._result(summary) for summary in summaries]

    def _result(self, sample: Mapping[str, Any]) -> tuple[Result, str]:
        score = _ours(sample.get("scores") or {})
        if score is not None and _is_thinned(score):
            score = self._whole(sample) or score
        meta = score.meta if score else {}
        usage = list((sample.get("model_usage") or {}).values())
        limit = meta.get("time_limit") or self._limit  # the header's for a sample that was told none
        about = {
            "competition": str(sample["id"]),
            "seed": sample["epoch"],
            "fields": self._fields_with(meta.get("given")),
            "answers": str(meta.get("answers_sha256") or ""),
            "folder_digest": str(meta.get("folder_digest") or ""),
            "seconds": sample.get("total_time"),
            "tokens": sum(u["total_tokens"] for u in usage) if usage else None,
            "usage": _usage(usage),
            "cost": _cost(usage),
            "limit": (score.ending.get("limit") if score else None) or sample.get("limit"),
            "end": score.ending.get("how") if score else None,
            "created": self._log.eval.created,
            "time_limit": float(limit) if limit else None,
            "gpus": int(meta.get("gpus") or 0),
            "submission_sha256": meta.get("submission_sha256"),
            "artifact": meta.get("artifact"),
            "log": self._location,
            "uuid": sample.get("uuid") or "",
        }
        if score is None or not is_result(score.value):
            reason, cause = _why_unscored(sample.get("error"), score)
            return Result(status="unscored", reason=reason, cause=cause, **about), ""
        return _scored(score, about)

    def _fields_with(self, given: object) -> dict[str, Any]:
        """What a sample was run with: one object for all samples that were given the same."""
        for known, fields in self._fields:
            if known == given:
                return fields
        self._fields.append((given, fields_of(self._log, given if isinstance(given, dict) else None)))
        return self._fields[-1][1]

    def _whole(self, sample: Mapping[str, Any]) -> _Score | None:
        try:
            found = read_eval_log_sample(self._location, sample["id"], sample["epoch"], exclude_fields=_HEAVY)
        except Exception:  # damaged, while its summary is not
            return None
        return _ours({name: score.model_dump() for name, score in (found.scores or {}).items()})


def _scored(score: _Score, about: dict[str, Any]) -> tuple[Result, str]:
    report = _report(score.meta)
    run_revision = score.meta.get("run_revision") or report.revision
    on = report.revision if run_revision == report.revision else f"{report.revision} (run on {run_revision})"
    text = compact.text_of(score.meta)
    snapshots = None if text is None else Snapshots(text, report)
    cause = score.ending.get("error")
    found = Result(status="scored", report=report, reason=score.reason, cause=cause, snapshots=snapshots, **about)
    return found, on


def _report(meta: Mapping[str, Any]) -> GradingReport:
    """The report in a score's metadata; what reports have alike is one object for all of them."""
    values = {k: meta[k] for k in _OF_REPORT if k in meta}
    alike = [values.get(k) for k in _ALIKE]
    found = GradingReport.model_validate(values | dict(zip(_ALIKE, _same(*alike), strict=True)))
    # pydantic's own set of the fields that were given takes more memory than all of them
    object.__setattr__(found, "__pydantic_fields_set__", _FIELDS)
    return found


@lru_cache(4096)
def _same(*values: Any) -> tuple[Any, ...]:
    """The first of all equal values."""
    return values


def _usage(of_models: list[Mapping[str, Any]]) -> Usage | None:
    if not of_models:
        return None
    cached = ("input_tokens_cache_read", "input_tokens_cache_write")
    return Usage(
        input=sum(u["input_tokens"] for u in of_models),
        output=sum(u["output_tokens"] for u in of_models),
        cached=sum(u.get(name) or 0 for u in of_models for name in cached),
    )


def _cost(of_models: list[Mapping[str, Any]]) -> float | None:
    """Of all models together; None if the price of one is not known."""
    costs = [u.get("total_cost") for u in of_models]
    known = [c for c in costs if c is not None]
    return math.fsum(known) if costs and len(known) == len(costs) else None


def _why_unscored(error: str | None, score: _Score | None) -> tuple[str, str | None]:
    """In a word, and for people."""
    if score is not None:
        return score.reason or "unscored", score.meta.get("error") or score.explanation
    if error is not None and is_interrupt(error):
        return "cancelled", "the run was interrupted; run: inspect score"
    if error is not None:
        return "error", error
    return "not_scored", "no scorer ran; run: inspect score"


def _ours(scores: Mapping[str, Mapping[str, Any]]) -> _Score | None:
    """The last score of this benchmark, since `inspect score` may have appended one; a result before all others."""
    ours = [
        _Score(s["value"], s.get("reason"), s.get("explanation"), s.get("metadata") or {})
        for name, s in scores.items()
        if name.startswith(SCORER) and "competition" in (s.get("metadata") or {})
    ]
    results = [s for s in ours if is_result(s.value)]
    return results[-1] if results else ours[-1] if ours else None


def _is_thinned(score: _Score) -> bool:
    """Whether Inspect's summary shortened or dropped what reports need."""
    texts = [score.meta.get(key) for key in _LONG]
    texts += [score.explanation] if "error" not in score.meta else []
    return any(isinstance(t, str) and t.endswith(("...", "Key removed from summary (> 1k)")) for t in texts)

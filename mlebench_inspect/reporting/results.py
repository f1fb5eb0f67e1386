"""Results of single samples, read from Inspect logs."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

from mlebench_inspect.graders.errors import MlebenchError
from mlebench_inspect.graders.report import GradingReport
from mlebench_inspect.tasks import CatalogueError, competition

Status = Literal["scored", "error", "not run"]
_BETTER: dict[Status, int] = {"scored": 2, "error": 1, "not run": 0}
SCORER = "mlebench"


class ReportingError(MlebenchError, ValueError):
    """There is nothing to report, or input is broken. The message says what to do."""


@dataclass(frozen=True, order=True)
class Setting:
    """What must be the same for results to go into one figure."""

    data: str
    revision: str
    solver: str
    model: str

    @property
    def label(self) -> str:
        """Short name for headings."""
        return self.solver if self.model == "none/none" else f"{self.solver}, {self.model}"


@dataclass(frozen=True)
class Result:
    """One competition in one seed."""

    setting: Setting
    competition: str
    seed: int
    status: Status
    report: GradingReport | None = None
    error: str | None = None
    limit: str | None = None
    seconds: float | None = None
    tokens: int | None = None
    hardware: str | None = None
    task: str = ""
    created: str = ""
    log: str = ""

    def graded(self) -> GradingReport:
        """The grading report; for a result without a score, that of a run without a submission."""
        if self.report is not None:
            return self.report
        revision = self.setting.revision.split(" ")[0]
        reason = self.error or "not run"
        return competition(self.competition).report(
            None,
            exists=False,
            error=reason,
            revision=revision,  # type: ignore[arg-type]
            data=self.setting.data,  # type: ignore[arg-type]
        )


def read_results(places: Iterable[Path | str]) -> list[Result]:
    """Results of all logs of this benchmark in the folders or files `places`.

    Logs of one run that was taken up again count once: a score before an error, and the newest of equals.

    Raises:
        ReportingError: There is no log of this benchmark.
    """
    found: dict[tuple[str, Setting, str, int], Result] = {}
    places = list(places)
    for log in _logs(places):
        for result in _of_log(log):
            key = (result.task, result.setting, result.competition, result.seed)
            if key not in found or _rank(result) >= _rank(found[key]):
                found[key] = result
    if not found:
        raise ReportingError(f"no log of this benchmark in {', '.join(map(str, places))}")
    return _number_seeds(list(found.values()))


def _rank(result: Result) -> tuple[int, str]:
    return _BETTER[result.status], result.created


def _logs(places: Sequence[Path | str]) -> list[str]:
    from inspect_ai.log import list_eval_logs

    names: list[str] = []
    for place in places:
        if not Path(place).exists():
            raise ReportingError(f"{place}: no such log or folder")
        names += [str(place)] if Path(place).is_file() else [i.name for i in list_eval_logs(str(place))]
    return sorted(set(names))


def _of_log(location: str) -> list[Result]:
    from inspect_ai.log import read_eval_log, read_eval_log_sample_summaries

    log = read_eval_log(location, header_only=True)
    about = log.eval.metadata or {}
    if "revision" not in about or "data" not in about:
        return []
    steps = [s.solver for s in log.plan.steps]
    solver = (log.eval.solver or (steps[-1] if steps else "?")).removeprefix("mlebench_inspect/")
    planned = Setting(str(about["data"]), str(about["revision"]), solver, log.eval.model)
    blank = Result(
        planned,
        "",
        0,
        "not run",
        task=log.eval.task_id,
        created=log.eval.created,
        log=location,
        hardware=about.get("hardware"),
    )
    results: dict[tuple[str, int], Result] = {}
    for competition_id in log.eval.dataset.sample_ids or []:
        for epoch in range(1, (log.eval.config.epochs or 1) + 1):
            results[str(competition_id), epoch] = replace(blank, competition=str(competition_id), seed=epoch)
    for sample in read_eval_log_sample_summaries(location):
        result = replace(
            blank,
            competition=str(sample.id),
            seed=sample.epoch,
            error=sample.error,
            limit=sample.limit,
            seconds=sample.total_time,
            tokens=sum(u.total_tokens for u in sample.model_usage.values()) if sample.model_usage else None,
        )
        report, run_revision = _report_of(sample.scores or {})
        if report is not None:
            revision = (
                report.revision if run_revision == report.revision else f"{report.revision} (run on {run_revision})"
            )
            setting = replace(planned, data=report.data, revision=revision)
            result = replace(result, setting=setting, status="scored", report=report)
        elif sample.error is not None:
            result = replace(result, status="error")
        results[result.competition, result.seed] = result
    graded = {r.setting for r in results.values() if r.status == "scored"}
    if len(graded) == 1:  # graded again under another revision: then what has no score belongs there too
        results = {k: replace(r, setting=next(iter(graded))) for k, r in results.items()}
    for result in results.values():
        try:
            competition(result.competition)
        except CatalogueError as ex:
            raise ReportingError(f"{location}: {ex}") from None
    return list(results.values())


def _report_of(scores: dict[str, Any]) -> tuple[GradingReport | None, str]:
    """The last score of this benchmark (`inspect score` may have appended one), and the revision that the agent saw."""
    ours = [s for name, s in scores.items() if name.startswith(SCORER) and "competition_id" in (s.metadata or {})]
    if not ours:
        return None, ""
    meta = ours[-1].metadata
    report = GradingReport.model_validate({k: meta[k] for k in GradingReport.model_fields if k in meta})
    return report, str(meta.get("run_revision") or report.revision)


def _number_seeds(results: list[Result]) -> list[Result]:
    """Gives independent runs of the same competition different seeds, in the order in which they were made."""
    taken: dict[Setting, set[tuple[str, int]]] = defaultdict(set)
    runs: dict[tuple[str, str, Setting], list[Result]] = defaultdict(list)
    started: dict[str, str] = {}
    for result in results:
        started[result.task] = min(result.created, started.get(result.task, result.created))
    for result in results:
        runs[started[result.task], result.task, result.setting].append(result)
    numbered = []
    for (_, _, setting), members in sorted(runs.items()):
        offset = 0
        while any((r.competition, r.seed + offset) in taken[setting] for r in members):
            offset += 1
        for result in members:
            taken[setting].add((result.competition, result.seed + offset))
            numbered.append(replace(result, seed=result.seed + offset))
    return sorted(numbered, key=lambda r: (r.setting, r.competition, r.seed))

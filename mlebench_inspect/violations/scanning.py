"""Scanning finished logs: which samples lack a verdict, Scout's scan over them, and the verdicts in their logs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from mlebench_inspect._inspect import forget_read_logs, open_log
from mlebench_inspect.graders.errors import MlebenchError
from mlebench_inspect.plain import one_line
from mlebench_inspect.reporting.places import find_logs, first_line, local
from mlebench_inspect.run.artifacts import Archive
from mlebench_inspect.violations.questions import QUESTIONS, Question
from mlebench_inspect.violations.reading import SCANS, verdicts_beside
from mlebench_inspect.violations.verdicts import Verdict

OURS = {"mlebench_inspect": "scan"}
"""Metadata of a scan, which tells it from one that ran live."""
_SYNC = 50  # results after which a scan writes what it has
Progress = Callable[[int, int], None]


class ScanError(MlebenchError):
    """Logs cannot be scanned. One line."""


@dataclass(frozen=True)
class Sample:
    """A sample of a log."""

    log: str
    competition: str
    seed: int
    uuid: str


@dataclass
class Scanned:
    """What came of a scan."""

    samples: list[Sample]
    verdicts: Mapping[str, Sequence[Verdict]] = field(default_factory=dict)
    failed: list[str] = field(default_factory=list)
    """What could not be scanned or noted, one line each."""
    skipped: list[str] = field(default_factory=list)
    """Logs that were left out, and why."""
    scans: list[str] = field(default_factory=list)
    """Folders with scans."""


def scan_logs(
    places: Sequence[str],
    *,
    questions: Sequence[Question] = QUESTIONS,
    judge: str | None = None,
    scans: str | None = None,
    data_dir: str | None = None,
    again: bool = False,
    leave_logs: bool = False,
    progress: Progress | None = None,
) -> Scanned:
    """Has every sample's questions answered that have no answer yet.

    Args:
        places: Logs and folders of logs, as paths or URLs.
        questions: Which ones.
        judge: Name of the model that judges; None for the filter alone.
        scans: Folder for the results; default: `scans` beside each log.
        data_dir: Where public data lie.
        again: Whether also what has a verdict of the same judge is scanned.
        leave_logs: Whether the verdicts are kept out of the logs.
        progress: Called with the numbers of verdicts given and wanted.

    Raises:
        ScanError: There is no log, or no such model, or Scout is missing.
    """
    _require_scout()
    model = _model(judge) if judge else None
    samples, skipped = samples_of(places)
    found = Scanned(samples, skipped=skipped)
    further = [local(scans)] if scans else []
    logs = list(dict.fromkeys(s.log for s in samples))
    # what lies beside the logs does not stand in a folder that was asked for
    known = {} if again else verdicts_beside([] if further else logs, further)
    wanted = [(s, q) for s in samples for q in questions if not _is_answered(known.get(s.uuid, ()), q, model)]
    groups: dict[str, list[tuple[Sample, Question]]] = {}
    for sample, question in wanted:
        groups.setdefault(further[0] if further else f"{Archive.of_log(sample.log).root}/{SCANS}", []).append(
            (sample, question)
        )
    done = 0
    for folder, group in groups.items():
        report = (lambda n, before=done: progress(before + n, len(wanted))) if progress else None
        found.failed += _scanned(folder, group, model, data_dir, report)
        done += len(group)
    found.scans = [*dict.fromkeys(further or (f"{Archive.of_log(log).root}/{SCANS}" for log in logs))]
    every = verdicts_beside(logs, further)
    found.verdicts = {s.uuid: list(every.get(s.uuid, ())) for s in samples}
    if not leave_logs:
        found.failed += _noted(logs, found.verdicts)
    return found


def samples_of(places: Sequence[str]) -> tuple[list[Sample], list[str]]:
    """The samples of all finished logs of this benchmark, and what is left out.

    Raises:
        ScanError: There is no log at all.
    """
    found: list[Sample] = []
    skipped: list[str] = []
    locations = find_logs(places)
    if not locations:
        raise ScanError(f"{', '.join(places)}: there is no log here")
    for location in locations:
        try:
            with open_log(location) as file:
                about = file.header.eval.metadata or {}
                if "revision" not in about or "data" not in about:
                    skipped.append(f"{location}: no log of this benchmark")
                elif file.header.status == "started":
                    skipped.append(f"{location}: it is still being written, or its run was killed")
                else:
                    found += [
                        Sample(  # inspect-evals-lint: ignore[IEBP003] -- one of a log, no class of Inspect's
                            location, str(row["id"]), int(row["epoch"]), str(row["uuid"])
                        )
                        for row in file.summaries()
                        if row.get("uuid")
                    ]
        except Exception as ex:  # whatever reading a damaged file or a cloud's client raises
            skipped.append(f"{location}: cannot be read as a log: {first_line(ex)}")
    return found, skipped


def _is_answered(verdicts: Iterable[Verdict], question: Question, judge: Any) -> bool:
    """Whether there is a verdict that the judge, or the filter where there is none, would only give again."""
    found = next((v for v in verdicts if v.question == question), None)
    if found is None:
        return False
    return judge is None or found.by == "person" or found.model == str(judge)


def _scanned(
    folder: str, wanted: Sequence[tuple[Sample, Question]], judge: Any, data_dir: str | None, report: Any
) -> list[str]:
    """One scan; returns what failed."""
    from inspect_scout import ScannerWork, scan, transcripts_from

    from mlebench_inspect.violations import scanners

    names = {s.uuid: s for s, _ in wanted}
    work = {q: [s.uuid for s, of in wanted if of == q] for q in QUESTIONS}
    count = 0

    def count_one(uuid: str, question: Question) -> None:
        nonlocal count
        count += 1
        if report:
            report(count)

    forget_read_logs()
    scanners.listeners.append(count_one)
    try:
        status = scan(
            {q: scanners.SCANNERS[q](data_dir=data_dir) for q in QUESTIONS if work[q]},
            transcripts=transcripts_from(list(dict.fromkeys(s.log for s, _ in wanted))),
            scans=folder,
            worklist=[ScannerWork(q, ids) for q, ids in work.items() if ids],
            model_roles={"judge": judge} if judge is not None else None,
            max_processes=1,
            results_buffer=_SYNC,
            metadata=OURS,
            display="none",
            log_level="error",
        )
    except Exception as ex:  # whatever Scout or a model's provider raises before the first sample
        raise ScanError(f"{folder}: the scan failed: {first_line(ex)}") from ex
    finally:
        scanners.listeners.remove(count_one)
    failed = [_failure(names.get(e.transcript_id), e.scanner, e.error) for e in status.errors]
    if not status.complete and not failed:
        failed.append(f"{folder}: the scan was interrupted; run the command again to go on")
    return failed


def _failure(sample: Sample | None, question: str, error: str) -> str:
    about = f"{sample.log}: {sample.competition}, seed {sample.seed}" if sample else "a sample"
    return f"{about}: {question}: {one_line(error)[:300]}"


def _noted(logs: Iterable[str], verdicts: Mapping[str, Sequence[Verdict]]) -> list[str]:
    """Notes verdicts in all logs; returns what failed."""
    from mlebench_inspect.violations.noting import NotNoted, note

    failed = []
    for log in logs:
        try:
            note(log, verdicts)
        except NotNoted as ex:
            failed.append(str(ex))
    return failed


def _require_scout() -> None:
    try:
        import inspect_scout  # noqa: F401
    except ImportError:
        raise ScanError("scanning needs inspect-scout; run: pip install 'mlebench-inspect[scan]'") from None


def _model(name: str) -> Any:
    """The judge.

    Raises:
        ScanError: There is no such model, or its package or key is missing.
    """
    from inspect_ai.model import get_model

    try:
        return get_model(name)
    except Exception as ex:  # a provider's own
        raise ScanError(f"the judge {name} cannot be used: {one_line(first_line(ex))}") from ex

"""Grading reports in the layout of the published benchmark, made from submission files."""

from __future__ import annotations

import gzip
import json
import tempfile
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from mlebench_inspect.data.store import Store
from mlebench_inspect.graders.errors import MlebenchError
from mlebench_inspect.graders.report import GradingReport
from mlebench_inspect.reporting.records import ReportingError
from mlebench_inspect.tasks import CatalogueError, Competition, competition


def totals(reports: Sequence[GradingReport]) -> dict[str, Any]:
    """The content of a grading report file: totals, and the reports of the single competitions."""
    return {
        "total_runs": len(reports),
        "total_runs_with_submissions": sum(r.submission_exists for r in reports),
        "total_valid_submissions": sum(r.valid_submission for r in reports),
        "total_medals": sum(bool(r.any_medal) for r in reports),
        "total_gold_medals": sum(bool(r.gold_medal) for r in reports),
        "total_silver_medals": sum(bool(r.silver_medal) for r in reports),
        "total_bronze_medals": sum(bool(r.bronze_medal) for r in reports),
        "total_above_median": sum(bool(r.above_median) for r in reports),
        "competition_reports": [r.model_dump(mode="json") for r in reports],
    }


class SubmissionLine(BaseModel):
    """A line of the file that `grade` reads."""

    model_config = ConfigDict(extra="ignore")

    competition_id: str
    submission_path: Path | None = None


@dataclass(frozen=True)
class Submission:
    """What a line of that file asks for, or why it cannot be done."""

    line: int
    competition: Competition | None = None
    path: Path | None = None
    fault: str = ""


@dataclass(frozen=True)
class Graded:
    """What became of the lines: reports, the file that they are in, and reasons by line where there is no report."""

    reports: list[GradingReport]
    file: Path | None
    faults: dict[int, str]


def read_submissions(file: Path) -> list[Submission]:
    """The lines of a JSONL file: `{"competition_id": ..., "submission_path": ...}`; a path that is null: no submission.

    A line that is broken, or names no known competition, is among them with its fault.

    Raises:
        ReportingError: The file has no lines.
    """
    lines = file.read_bytes().split(b"\n")
    found = [_submission(number, line) for number, line in enumerate(lines, 1) if line.strip()]
    if not found:
        raise ReportingError(f"{file} has no lines; each must be {{'competition_id': ..., 'submission_path': ...}}")
    return found


def _submission(number: int, line: bytes) -> Submission:
    try:
        entry = SubmissionLine.model_validate_json(line)
        return Submission(number, competition(entry.competition_id), entry.submission_path)
    except ValidationError as ex:
        fault = ex.errors()[0]
        place = ".".join(map(str, fault["loc"]))
        return Submission(number, fault=f"{place + ': ' if place else ''}{fault['msg']}")
    except CatalogueError as ex:
        return Submission(number, fault=str(ex))


def grade_files(
    submissions: Sequence[Submission],
    store: Store,
    folder: Path,
    *,
    on_report: Callable[[GradingReport], None] = lambda report: None,
    on_fault: Callable[[int, str], None] = lambda line, fault: None,
) -> Graded:
    """Grades files (also compressed ones, `.gz`) and writes a grading report with the time in its name to `folder`.

    A file that does not exist is a missing submission. A line that cannot be graded does not stop the others.

    Args:
        submissions: Competitions and files.
        store: Where the answers lie.
        folder: Where to write; nothing is written if nothing could be graded.
        on_report: Told each result when it is there.
        on_fault: Told the line, and why it could not be graded.
    """
    folder.mkdir(parents=True, exist_ok=True)
    reports: list[GradingReport] = []
    faults: dict[int, str] = {}
    for submission in submissions:
        try:
            reports.append(_grade(submission, store))
            on_report(reports[-1])
        except (MlebenchError, OSError) as ex:
            faults[submission.line] = str(ex)
            on_fault(submission.line, str(ex))
    if not reports:
        return Graded(reports, None, faults)
    target = folder / f"{datetime.now(UTC):%Y-%m-%dT%H-%M-%S-%Z}_grading_report.json"
    target.write_text(json.dumps(totals(reports), indent=2) + "\n", encoding="utf-8")
    return Graded(reports, target, faults)


def _grade(submission: Submission, store: Store) -> GradingReport:
    import anyio

    from mlebench_inspect.graders.submission import MAX_BYTES
    from mlebench_inspect.run.artifacts import TooLarge, unpack
    from mlebench_inspect.run.grading import grade_file

    found, path = submission.competition, submission.path
    if found is None:
        raise ReportingError(submission.fault)
    if not store.is_prepared(found):
        raise ReportingError(f"{found.id} is not prepared; run: {store.prepare_command([found.id])}")
    without_score = partial(found.report, None, revision=store.revision, data=store.data)
    if path is None:
        return without_score(exists=False, error="no submission")
    if path.is_file():
        path.open("rb").close()  # a file that we may not read is no fault of the submission
    with tempfile.TemporaryDirectory(prefix="mlebench-") as temporary:
        file = path
        if path.suffix == ".gz" and path.is_file():
            file = Path(temporary) / path.stem
            try:
                unpack(path, file, MAX_BYTES)
            except (gzip.BadGzipFile, zlib.error, EOFError, TooLarge) as ex:
                return without_score(exists=True, error=f"{path} cannot be uncompressed: {ex}")
        report = anyio.run(partial(grade_file, found, file, store, max_bytes=MAX_BYTES))
    return report.model_copy(update={"submission_path": str(path)})

"""Grading reports in the layout of the published benchmark, made from submission files."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from mlebench_inspect.data.store import Store
from mlebench_inspect.graders.report import GradingReport
from mlebench_inspect.reporting.records import ReportingError
from mlebench_inspect.tasks import CatalogueError, Competition, competition


def totals(reports: Sequence[GradingReport]) -> dict[str, Any]:
    """The content of a grading report file: totals, and the reports of the single competitions."""
    return {
        "total_runs": len(reports),
        "total_runs_with_submissions": sum(r.submission_exists for r in reports),
        "total_valid_submissions": sum(r.valid_submission for r in reports),
        "total_medals": sum(r.any_medal for r in reports),
        "total_gold_medals": sum(r.gold_medal for r in reports),
        "total_silver_medals": sum(r.silver_medal for r in reports),
        "total_bronze_medals": sum(r.bronze_medal for r in reports),
        "total_above_median": sum(r.above_median for r in reports),
        "competition_reports": [r.model_dump(mode="json") for r in reports],
    }


class SubmissionLine(BaseModel):
    """A line of the file that `grade` reads."""

    model_config = ConfigDict(extra="ignore")

    competition_id: str
    submission_path: Path | None = None


def read_submissions(file: Path) -> list[tuple[Competition, Path | None]]:
    """The lines of a JSONL file: `{"competition_id": ..., "submission_path": ...}`; a path that is null: no submission.

    Raises:
        ReportingError: A line is broken; the message says which.
    """
    found = []
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except UnicodeDecodeError as ex:
        raise ReportingError(f"{file} is not a text file in UTF-8: {ex.reason}") from None
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            entry = SubmissionLine.model_validate_json(line)
            found.append((competition(entry.competition_id), entry.submission_path))
        except ValidationError as ex:
            fault = ex.errors()[0]
            place = ".".join(map(str, fault["loc"]))
            raise ReportingError(f"{file}, line {number}: {place + ': ' if place else ''}{fault['msg']}") from None
        except CatalogueError as ex:
            raise ReportingError(f"{file}, line {number}: {ex}") from None
    if not found:
        raise ReportingError(f"{file} has no lines; each must be {{'competition_id': ..., 'submission_path': ...}}")
    return found


def grade_files(
    submissions: Sequence[tuple[Competition, Path | None]],
    store: Store,
    folder: Path,
    *,
    on_report: Callable[[GradingReport], None] = lambda report: None,
) -> Path:
    """Grades files (also compressed ones, `.gz`) and writes a grading report with the time in its name to `folder`.

    Args:
        submissions: Competitions and files.
        store: Where the answers lie.
        folder: Where to write.
        on_report: Told each result when it is there.

    Raises:
        ReportingError: A competition is not prepared; then nothing is graded.
    """
    lacking = sorted({c.id for c, _ in submissions if not store.is_prepared(c)})
    if lacking:
        raise ReportingError(f"{', '.join(lacking)} not prepared; run: {store.prepare_command(lacking)}")
    folder.mkdir(parents=True, exist_ok=True)
    reports = []
    for found, path in submissions:
        reports.append(_grade(found, path, store))
        on_report(reports[-1])
    target = folder / f"{datetime.now(UTC):%Y-%m-%dT%H-%M-%S-%Z}_grading_report.json"
    target.write_text(json.dumps(totals(reports), indent=2) + "\n", encoding="utf-8")
    return target


def _grade(found: Competition, path: Path | None, store: Store) -> GradingReport:
    import anyio

    from mlebench_inspect.graders.submission import MAX_BYTES
    from mlebench_inspect.run.artifacts import unpack
    from mlebench_inspect.run.grading import grade_file

    if path is None:
        return found.report(None, exists=False, error="no submission", revision=store.revision, data=store.data)
    with tempfile.TemporaryDirectory(prefix="mlebench-") as temporary:
        file = path
        if path.suffix == ".gz" and path.is_file():
            file = Path(temporary) / path.stem
            try:
                unpack(path, file, MAX_BYTES)
            except (OSError, EOFError) as ex:
                return found.report(
                    None,
                    exists=True,
                    error=f"{path} cannot be uncompressed: {ex}",
                    revision=store.revision,
                    data=store.data,
                )
        report = anyio.run(partial(grade_file, found, file, store, max_bytes=MAX_BYTES))
    return report.model_copy(update={"submission_path": str(path)})

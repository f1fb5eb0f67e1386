"""Commands that grade files: one, or many."""

from __future__ import annotations

import hashlib
import sys
from pathlib import Path

import click

from mlebench_inspect.cli.group import cli, data_dir_option, miniature_option, named, revision_option
from mlebench_inspect.graders.report import GradingReport
from mlebench_inspect.graders.submission import Revision
from mlebench_inspect.tasks import CatalogueError, competition


@cli.command("grade-sample")
@click.argument("submission", type=click.Path(path_type=Path))
@click.argument("competition_id", metavar="ID_OR_DIR")
@data_dir_option
@revision_option
@miniature_option
@click.option("--json", "as_json", is_flag=True, help="Print the whole grading report as JSON.")
def grade_sample(
    submission: Path, competition_id: str, data_dir: Path | None, revision: Revision, miniature: bool, as_json: bool
) -> None:
    """Grade one submission file against prepared answers."""
    from mlebench_inspect.data.store import Store

    if is_swapped(submission, competition_id):
        raise click.UsageError(f"the file comes first, then the ID: grade-sample {competition_id} {submission}")
    found = named(competition_id)
    store = Store.open(data_dir, "miniature" if miniature else "real", revision)
    if not store.is_prepared(found):
        raise CatalogueError(f"{found.id} is not prepared; run: {store.prepare_command([found.typed])}")
    report = found.grade(submission, store.private(found), revision, data=store.data)
    if submission.is_file() and not submission.is_symlink():
        with open(submission, "rb") as file:
            report.submission_sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    if as_json:
        click.echo(report.model_dump_json(indent=2))
    else:
        click.echo("\n".join(_told(report)))
    if not report.valid_submission:
        sys.exit(1)


def is_swapped(submission: Path, competition_id: str) -> bool:
    """Whether the file was typed where the id belongs, and the id where the file does."""
    try:
        competition(submission.name)
    except CatalogueError:
        return False
    return Path(competition_id).exists() and not submission.exists()


def _told(report: GradingReport) -> list[str]:
    lines = ["MINIATURE data: no result, and no comparison with people."] if report.data == "miniature" else []
    if not report.valid_submission:
        return [*lines, f"{report.competition_id}: {report.title}: {report.error}"]
    better = "lower" if report.is_lower_better else "higher"
    score = report.score if report.score is not None else "undefined"
    gap = f", {report.gap}" if report.gap else ""
    lines.append(f"{report.competition_id}: {report.metric} {score}: {report.title.lower()}{gap}")
    tiers = {name: getattr(report, f"{name}_threshold") for name in ("gold", "silver", "bronze", "median")}
    told = ", ".join(f"{name} {value:g}" for name, value in tiers.items() if value is not None) or "no medal tiers"
    lines.append(f"{told}; {better} is better")
    if report.rank:
        lines.append(f"rank {report.rank} of {report.teams} teams, better than {report.percentile:g} % of them")
    lines += [note for note in (report.score_note, report.notice) if note]
    return [*lines, f"SHA-256 {report.submission_sha256}"]


@cli.command()
@click.argument(
    "submissions", type=click.Path(path_type=Path, exists=True, dir_okay=False), metavar="SUBMISSIONS.jsonl"
)
@click.option("--output-dir", type=click.Path(path_type=Path, file_okay=False), required=True)
@data_dir_option
@revision_option
@miniature_option
def grade(submissions: Path, output_dir: Path, data_dir: Path | None, revision: Revision, miniature: bool) -> None:
    """Grade many submission files and write one grading report.

    Each line of the input is {"competition_id": "...", "submission_path": "..."}; files may be compressed (.gz). Lines
    that cannot be graded are named, and the others graded; then the exit code is 1.
    """
    from mlebench_inspect.data.store import Store
    from mlebench_inspect.reporting.grading_reports import grade_files, read_submissions

    def tell(report: GradingReport) -> None:
        told = f"{report.metric} {report.score}, medal {report.medal or 'undefined'}"
        click.echo(f"{report.competition_id}: {told if report.valid_submission else report.error}")

    def complain(line: int, fault: str) -> None:
        click.echo(f"mlebench-inspect: {submissions}, line {line}: {fault}", err=True)

    if miniature:
        click.echo("MINIATURE data: these are no results and no comparison with people.")
    store = Store.open(data_dir, "miniature" if miniature else "real", revision)
    graded = grade_files(read_submissions(submissions), store, output_dir, on_report=tell, on_fault=complain)
    if graded.file is not None:
        click.echo(f"wrote {graded.file}")
    if graded.faults:
        number = len(graded.faults) + len(graded.reports)
        click.echo(f"mlebench-inspect: {len(graded.faults)} of {number} lines could not be graded; see above", err=True)
        sys.exit(1)

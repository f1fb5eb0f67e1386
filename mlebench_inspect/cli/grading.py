"""Commands that grade files: one, or many."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from mlebench_inspect.cli.group import cli, data_dir_option, miniature_option, revision_option
from mlebench_inspect.graders.submission import Revision
from mlebench_inspect.tasks import CatalogueError, competition


@cli.command("grade-sample")
@click.argument("submission", type=click.Path(path_type=Path))
@click.argument("competition_id", metavar="ID")
@data_dir_option
@revision_option
@miniature_option
@click.option("--json", "as_json", is_flag=True, help="Print the whole grading report as JSON.")
def grade_sample(
    submission: Path, competition_id: str, data_dir: Path | None, revision: Revision, miniature: bool, as_json: bool
) -> None:
    """Grade one submission file against prepared answers."""
    from mlebench_inspect.data.store import Store

    found = competition(competition_id)
    store = Store.open(data_dir, "miniature" if miniature else "real", revision)
    if not store.is_prepared(found):
        raise CatalogueError(f"{found.id} is not prepared; run: {store.prepare_command([found.id])}")
    report = found.grade(submission, store.private(found), revision, data=store.data)
    if as_json:
        click.echo(report.model_dump_json(indent=2))
    elif report.valid_submission:
        place = f", rank {report.rank} of {report.teams}" if report.rank else ""
        kind = " on MINIATURE data (no comparison with people)" if miniature else ""
        click.echo(f"{found.id}: {found.metric} {report.score}, medal {report.medal}{place}{kind}")
    if not report.valid_submission:
        raise CatalogueError(f"{submission}: not a valid submission for {found.id}: {report.error}")


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
    from mlebench_inspect.graders.report import GradingReport
    from mlebench_inspect.reporting.grading_reports import grade_files, read_submissions

    def tell(report: GradingReport) -> None:
        outcome = f"{report.metric} {report.score}, medal {report.medal}" if report.valid_submission else report.error
        click.echo(f"{report.competition_id}: {outcome}")

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

"""The command `mlebench-inspect`: thin commands over the library.

A wrong argument or broken input ends in one line that says what is wrong and what to do, with exit code 2. Where some
pieces of the work fail, the others are done, each failure is named, and the exit code is 1.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import click

from mlebench_inspect.graders.errors import MlebenchError
from mlebench_inspect.graders.submission import REVISIONS, Revision
from mlebench_inspect.tasks import (
    SPLITS,
    CatalogueError,
    Checksums,
    Competition,
    competition,
    competition_ids,
    competitions,
)

if TYPE_CHECKING:
    from mlebench_inspect.data.errors import PreparationError

if TYPE_CHECKING:
    from mlebench_inspect.reporting.records import Reading

EXPECTED_ERRORS = (MlebenchError, OSError)

_data_dir = click.option(
    "--data-dir", type=click.Path(path_type=Path, file_okay=False), help="Data folder [default: MLEBENCH_DATA_DIR]."
)
_revision = click.option("--revision", type=click.Choice(REVISIONS), default="v1", show_default=True)
_split = click.option("--split", type=click.Choice(SPLITS), help="All competitions of this split.")
_ids = click.argument("ids", nargs=-1, metavar="[ID]...")


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="mlebench-inspect")
def cli() -> None:
    """MLE-bench for Inspect: prepare competitions, grade submissions, report results.

    Run the benchmark itself with: inspect eval mlebench_inspect/<task> --model <model>
    """


def main() -> None:
    """Entry point: turns expected errors and wrong usage into one line on stderr and exit code 2."""
    try:
        code = cli(prog_name="mlebench-inspect", standalone_mode=False)
    except click.UsageError as ex:
        path = ex.ctx.command_path if ex.ctx else "mlebench-inspect"
        _end(f"{path}: {ex.format_message().rstrip('.')}; see: {path} --help")
    except click.ClickException as ex:
        _end(f"mlebench-inspect: {ex.format_message()}")
    except click.Abort:
        sys.exit(130)
    except EXPECTED_ERRORS as ex:
        _end(f"mlebench-inspect: {_one_line(ex)}")
    else:
        sys.exit(code or 0)


def _end(line: str) -> NoReturn:
    click.echo(line, err=True)
    sys.exit(2)


def _one_line(ex: BaseException) -> str:
    if isinstance(ex, OSError) and ex.strerror and ex.filename:
        return f"{ex.filename}: {ex.strerror}"
    return str(ex)


def chosen(ids: tuple[str, ...], split: str | None, *, default: str | None = None) -> list[Competition]:
    """The competitions named by ids and split.

    Raises:
        click.UsageError: Neither is given and there is no default.
    """
    if not ids and split is None:
        if default is None:
            raise click.UsageError("name competitions, or a split with --split; see: mlebench-inspect list")
        split = default
    found = {c.id: c for c in ([competition(i) for i in ids] + (competitions(split) if split else []))}
    return list(found.values())


@cli.command("list")
@click.option("--split", type=click.Choice(SPLITS))
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def list_(split: str | None, as_json: bool) -> None:
    """List competitions with split, category and metric."""
    rows: list[dict[str, Any]] = [
        {
            "id": c.id,
            "split": c.complexity,
            "category": c.category,
            "metric": c.metric,
            "better": "higher" if c.higher_is_better else "lower",
            "size_gb": c.dataset_size_gb,
        }
        for c in competitions(split)
    ]
    if as_json:
        click.echo(json.dumps(rows, indent=2))
        return
    from rich.console import Console
    from rich.table import Table

    table = Table(box=None, header_style="bold")
    for name in rows[0]:
        table.add_column(name, justify="right" if name == "size_gb" else "left", no_wrap=name == "id")
    for row in rows:
        table.add_row(*("" if v is None else str(v) for v in row.values()))
    Console(width=None if sys.stdout.isatty() else 160).print(table)


@cli.command()
@_ids
@_split
@click.option(
    "--raw",
    type=click.Path(path_type=Path, exists=True),
    metavar="DIR_OR_ZIP",
    help="Use this download of yours instead of Kaggle's: a zip, a folder of raw files, or a folder of either.",
)
@click.option(
    "--link-raw",
    is_flag=True,
    help="Link files of --raw instead of copying them: saves space, but a later change of yours changes the data too.",
)
@_data_dir
@_revision
@click.option("--jobs", type=click.IntRange(1), default=1, show_default=True, help="Competitions at once.")
@click.option("--keep-raw/--no-keep-raw", default=True, show_default=True, help="Keep the extracted download.")
@click.option("--no-verify", is_flag=True, help="Note differences from the published data instead of refusing it.")
@click.option(
    "--checksums",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    metavar="FILE",
    help="Verify against these sums instead (JSON: ID to zip, public, private); never counts as published data.",
)
def prepare(
    ids: tuple[str, ...],
    split: str | None,
    raw: Path | None,
    link_raw: bool,
    data_dir: Path | None,
    revision: Revision,
    jobs: int,
    keep_raw: bool,
    no_verify: bool,
    checksums: Path | None,
) -> None:
    """Download, prepare and verify competitions; goes on where an earlier run was interrupted."""
    from mlebench_inspect.data import preparation
    from mlebench_inspect.data.display import display
    from mlebench_inspect.data.store import Store

    ids, unknown = _known(ids, split)
    found = chosen(ids, split)
    if link_raw and raw is None:
        raise click.UsageError("--link-raw says what to do with the files of --raw; give both")
    if raw is not None and raw.is_file() and len(found) > 1:
        raise click.UsageError("one zip holds one competition; give a folder of zips for several")
    sums = _read_checksums(checksums) if checksums is not None else None
    store = Store.open(data_dir, "real", revision)
    with _resumable(), display(len(found) + len(unknown)) as shown:
        for competition_id, error in unknown.items():
            shown.result(competition_id, error)
        results = preparation.prepare(
            store,
            found,
            shown,
            raw=raw,
            link_raw=link_raw,
            keep_raw=keep_raw,
            verify=not no_verify,
            jobs=jobs,
            checksums=sums,
        )
    _require_success({**results, **unknown})


@cli.command()
@_ids
@_split
@_data_dir
@_revision
@click.option("--seed", type=int, default=0, show_default=True, help="Seed of the generated data.")
@click.option("--raw-only", is_flag=True, help="Generate raw data without preparing it.")
def miniature(
    ids: tuple[str, ...], split: str | None, data_dir: Path | None, revision: Revision, seed: int, raw_only: bool
) -> None:
    """Generate small data of the real layout, in seconds and without a Kaggle account."""
    from mlebench_inspect.data import preparation
    from mlebench_inspect.data.display import display
    from mlebench_inspect.data.store import Store

    ids, unknown = _known(ids, split)
    found = chosen(ids, split)
    store = Store.open(data_dir, "miniature", revision)
    with _resumable(), display(len(found) + len(unknown)) as shown:
        for competition_id, error in unknown.items():
            shown.result(competition_id, error)
        results = preparation.make_miniature(store, found, shown, seed=seed, raw_only=raw_only)
    _require_success({**results, **unknown})


@cli.command()
@_ids
@_split
@_data_dir
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def status(ids: tuple[str, ...], split: str | None, data_dir: Path | None, as_json: bool) -> None:
    """Show what is prepared, verified and missing, accepted rules as far as known, and disk use."""
    from mlebench_inspect.data.status import report
    from mlebench_inspect.data.store import Store

    store = Store.open(data_dir)
    found = report(store, chosen(ids, split, default=None if ids or split else "all"))
    if as_json:
        click.echo(json.dumps(found.as_dict(), indent=2))
        return
    from rich.console import Console

    console = Console(width=None if sys.stdout.isatty() else 160)
    console.print(found.table())
    console.print(found.summary(), soft_wrap=True)


@contextmanager
def _resumable() -> Iterator[None]:
    try:
        yield
    except KeyboardInterrupt:
        click.echo("mlebench-inspect: interrupted; run the same command to go on", err=True)
        sys.exit(130)


def _known(ids: tuple[str, ...], split: str | None) -> tuple[tuple[str, ...], dict[str, PreparationError]]:
    """The ids that there are, and what is wrong with the others.

    Raises:
        CatalogueError: There is none of them, and no split beside them.
    """
    from mlebench_inspect.data.errors import PreparationError

    unknown: dict[str, PreparationError] = {}
    for competition_id in ids:
        try:
            competition(competition_id)
        except CatalogueError as ex:
            if split is None and not any(i in competition_ids() for i in ids):
                raise
            unknown[competition_id] = PreparationError(str(ex))
    return tuple(i for i in ids if i not in unknown), unknown


def _require_success(results: dict[str, Any]) -> None:
    """Names what failed, each reason on a line of its own, and ends with exit code 1 if anything did."""
    reasons: dict[str, list[str]] = {}
    for competition_id, result in results.items():
        if isinstance(result, MlebenchError):
            reasons.setdefault(str(result), []).append(competition_id)
    for reason, ids in reasons.items():
        named = len(results) == 1 or any(i in reason for i in ids)
        click.echo(f"mlebench-inspect: {reason if named else ', '.join(ids) + ': ' + reason}", err=True)
    failed = sum(map(len, reasons.values()))
    if failed and len(results) > 1:
        click.echo(f"mlebench-inspect: {failed} of {len(results)} competitions are not prepared; see above", err=True)
    if failed:
        sys.exit(1)


def _read_checksums(path: Path) -> dict[str, Checksums]:
    from pydantic import TypeAdapter, ValidationError

    try:
        return TypeAdapter(dict[str, Checksums]).validate_json(path.read_bytes())
    except ValidationError as ex:
        raise CatalogueError(f"{path} is not a file of checksums: {ex.errors()[0]['msg']}") from None


@cli.command("grade-sample")
@click.argument("submission", type=click.Path(path_type=Path))
@click.argument("competition_id", metavar="ID")
@_data_dir
@_revision
@click.option("--miniature", is_flag=True, help="Grade against miniature data.")
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
@_data_dir
@_revision
@click.option("--miniature", is_flag=True, help="Grade against miniature data.")
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


_logs = click.argument("logs", nargs=-1, required=True, metavar="LOG_DIR...")
_format = click.option(
    "--format",
    "form",
    type=click.Choice(("table", "markdown", "csv", "json", "html")),
    default="table",
    show_default=True,
)
_output = click.option("--output", metavar="FILE", help="Write to this file or URL, such as s3://bucket/report.html.")


def _fields(context: click.Context, parameter: click.Parameter, value: tuple[str, ...]) -> list[str]:
    return [name.strip() for given in value for name in given.split(",") if name.strip()]


_pool = click.option(
    "--pool",
    multiple=True,
    callback=_fields,
    metavar="FIELD,...",
    help="Pool runs although they differ in these fields of their identity, such as limits,given_image_id,answers.",
)


def _read(logs: tuple[str, ...]) -> Reading:
    """The results in logs; names on stderr what is left out."""
    from mlebench_inspect.reporting.results import read_results

    reading = read_results(logs)
    for skipped in reading.skipped:
        click.echo(f"mlebench-inspect: skipped {skipped}", err=True)
    return reading


@cli.command()
@_logs
@_format
@_output
@click.option("--split", type=click.Choice(SPLITS), help="These competitions; those not run count as failures.")
@click.option(
    "--seeds",
    type=click.Choice(("padded", "complete")),
    default="padded",
    show_default=True,
    help="Count what a seed lacks as a failure, or leave incomplete seeds out.",
)
@_pool
def report(
    logs: tuple[str, ...], form: str, output: str | None, split: str | None, seeds: Any, pool: list[str]
) -> None:
    """Tables of the results in logs: medals by complexity, each competition, and what is missing."""
    from mlebench_inspect.reporting import figures
    from mlebench_inspect.reporting.formats import render_report

    reading = _read(logs)
    found = figures.report(reading, split=split, seeds=seeds, pooled=pool)
    _write(render_report(found, form, reading.skipped), output)


@cli.command()
@_logs
@click.option("--by", type=click.Choice(("solver", "model")), help="Compare these, in one table for each of the other.")
@_format
@_output
@_pool
def compare(logs: tuple[str, ...], by: str | None, form: str, output: str | None, pool: list[str]) -> None:
    """Solvers and models side by side, over the competitions that all of them ran."""
    from mlebench_inspect.reporting import comparison
    from mlebench_inspect.reporting.formats import render_comparison

    reading = _read(logs)
    _write(render_comparison(comparison.compare(reading, by=by, pooled=pool), form, reading.skipped), output)


@cli.command()
@_logs
@click.option("--output-dir", metavar="DIR", required=True, help="Folder or URL, such as s3://bucket/reports.")
@_pool
def export(logs: tuple[str, ...], output_dir: str, pool: list[str]) -> None:
    """Write grading reports in the published layout, one file for each row of the report and seed."""
    from mlebench_inspect.reporting import exporting, pooling

    rows = pooling.pool(_read(logs), pool)
    for note in (note for row in rows for note in row.notes):
        click.echo(f"mlebench-inspect: {note}", err=True)
    for place in exporting.export(rows, output_dir):
        click.echo(f"wrote {place}")


def _write(text: str, output: str | None) -> None:
    from mlebench_inspect.reporting.places import write_text

    if output is None:
        click.echo(text)
        return
    write_text(output, text)
    click.echo(f"wrote {output}")


@cli.command()
@click.argument("names", nargs=-1, metavar="[light|full|SCAFFOLD]...")
@click.option("--base", help="Image to build on, instead of the official Python image.")
@click.option("--quiet", is_flag=True, help="Show Docker's output only when a build fails.")
def build(names: tuple[str, ...], base: str | None, quiet: bool) -> None:
    """Build Docker images (default: light)."""
    from mlebench_inspect.sandboxes.building import build as build_image

    for name in names or ("light",):
        click.echo(f"built {build_image(name, base=base, quiet=quiet)}")


@cli.command()
@_data_dir
def doctor(data_dir: Path | None) -> None:
    """Check Docker, GPU, images, credentials, data and disk; exit code 1 if something needed is missing."""
    from mlebench_inspect.doctor import examine

    marks = {"ok": ("ok", "green"), "note": ("--", "yellow"), "missing": ("!!", "red")}
    missing = False
    for finding in examine(data_dir):
        mark, colour = marks[finding.state]
        click.echo(f"{click.style(mark, fg=colour)}  {finding.name:12} {finding.text}")
        missing |= finding.state == "missing"
    sys.exit(1 if missing else 0)


@cli.command()
@click.option("--sandbox", type=click.Choice(["docker", "local"]), help="Default: Docker where it is usable.")
@click.option("--log-dir", type=click.Path(path_type=Path), default=Path("logs/demo"), show_default=True)
def demo(sandbox: str | None, log_dir: Path) -> None:
    """Run the baseline over miniature competitions and show the medals."""
    from mlebench_inspect.demo import run_demo

    click.echo("Running a simple baseline over miniature competitions (generated data, no comparison with people) ...")
    log, used = run_demo(log_dir, sandbox=sandbox)
    if used == "local":
        click.echo("Docker or the image is not there, so this ran in the local sandbox, without isolation.")
        click.echo("For Docker: mlebench-inspect build light")
    from rich.console import Console
    from rich.table import Table

    table = Table(header_style="bold")
    for name in ("competition", "metric", "score", "tier"):
        table.add_column(name, justify="right" if name == "score" else "left")
    for sample in log.samples or []:
        scores = sample.scores or {}
        if sample.error is not None or not scores:
            table.add_row(str(sample.id), "", "", f"error: {sample.error.message[:60] if sample.error else 'no score'}")
            continue
        (score,) = scores.values()
        metadata = score.metadata or {}
        table.add_row(str(sample.id), metadata["metric"], str(metadata["score"]), metadata["medal"])
    Console(width=None if sys.stdout.isatty() else 120).print(table)
    click.echo(f"Log: {log.location}\nOpen the viewer: inspect view --log-dir {log_dir}")
    if log.status != "success" or any(s.error is not None for s in log.samples or []):
        raise CatalogueError("the demo had errors; see the log")


if __name__ == "__main__":
    main()

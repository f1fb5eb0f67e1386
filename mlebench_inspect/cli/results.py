"""Commands over logs: report, compare, export."""

from __future__ import annotations

import gc
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mlebench_inspect.cli.group import SplitType, cli

if TYPE_CHECKING:
    from mlebench_inspect.reporting.many import Progress
    from mlebench_inspect.reporting.pictures.picture import Group
    from mlebench_inspect.reporting.records import Reading

logs_argument = click.argument("logs", nargs=-1, required=True, metavar="LOG_DIR...")
_format = click.option(
    "--format",
    "form",
    type=click.Choice(("table", "markdown", "csv", "tidy", "json", "html")),
    default="table",
    show_default=True,
)
_output = click.option("--output", metavar="FILE", help="Write to this file or URL, such as s3://bucket/report.html.")


def _fields(context: click.Context, parameter: click.Parameter, value: tuple[str, ...]) -> list[str]:
    return [name.strip() for given in value for name in given.split(",") if name.strip()]


_figures = click.option(
    "--figures", metavar="DIR", help="Write every picture there as SVG and PNG, and its data as CSV; a folder or URL."
)
pool_option = click.option(
    "--pool",
    multiple=True,
    callback=_fields,
    metavar="FIELD,...",
    help="Pool runs although they differ in these fields of their identity, such as limits,given_image_id,answers.",
)
verdicts_option = click.option(
    "--verdicts",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="A person's rulings on samples' conduct, a YAML file; see docs/conduct.md",
)
_published = click.option("--published", is_flag=True, help="Show published results beneath, where they compare.")


def read_logs(logs: tuple[str, ...], verdicts: Path | None = None) -> Reading:
    """The results in logs, with a person's verdicts if a file of them is given; names on stderr what is left out."""
    from mlebench_inspect.reporting.results import read_results

    with _progress() as progress:
        reading = read_results(logs, progress)
    if verdicts is not None:
        from mlebench_inspect.reporting.conduct import read_entries, with_entries

        reading = with_entries(reading, read_entries(verdicts))
    gc.freeze()  # it stays to the end, so that searching it for cycles again and again finds nothing
    for skipped in reading.skipped:
        click.echo(f"mlebench-inspect: skipped {skipped}", err=True)
    return reading


@contextmanager
def _progress() -> Iterator[Progress | None]:
    """A bar on stderr for people; nothing on a pipe."""
    if not sys.stderr.isatty():
        yield None
        return
    with click.progressbar(length=1, label="reading logs", file=sys.stderr, show_pos=True) as bar:

        def show(done: int, total: int) -> None:
            bar.length = total
            bar.update(done - bar.pos)

        yield show


@cli.command()
@logs_argument
@_format
@_output
@click.option("--split", type=SplitType(), help="These competitions; those not run count as failures.")
@click.option(
    "--seeds",
    type=click.Choice(("padded", "complete")),
    default="padded",
    show_default=True,
    help="Count what a seed lacks as a failure, or leave incomplete seeds out.",
)
@click.option("--at", metavar="TIME", help="Cut the runs at this time, such as 12h, 90m or 1h30m, by their snapshots.")
@click.option(
    "--familiarity",
    multiple=True,
    metavar="LOG",
    help="Logs of mlebench_inspect/familiarity: how far results go with familiarity. May be given several times.",
)
@_published
@verdicts_option
@pool_option
@_figures
def report(
    logs: tuple[str, ...],
    form: str,
    output: str | None,
    split: str | None,
    seeds: Any,
    at: str | None,
    familiarity: tuple[str, ...],
    published: bool,
    verdicts: Path | None,
    pool: list[str],
    figures: str | None,
) -> None:
    """Tables of the results in logs: medals by complexity, each competition, and what is missing."""
    from mlebench_inspect.reporting import figures as reporting
    from mlebench_inspect.reporting import galleries
    from mlebench_inspect.reporting.formats import render_report

    reading = _cut(read_logs(logs, verdicts), at)
    found = reporting.report(reading, split=split, seeds=seeds, pooled=pool)
    if familiarity:
        from mlebench_inspect.reporting.familiarity import read_familiarity, with_familiarity

        found = with_familiarity(found, read_familiarity(familiarity))
    _draw(galleries.groups_of(found, published), figures)
    write_output(render_report(found, form, reading.skipped, published=published), output)


def _cut(reading: Reading, at: str | None) -> Reading:
    """The runs cut at a time, where one is given; names on stderr what cannot be cut."""
    from mlebench_inspect.reporting.cutting import cut, seconds_of

    if at is None:
        return reading
    shorter = cut(reading, seconds_of(at))
    for skipped in shorter.skipped[len(reading.skipped) :]:
        click.echo(f"mlebench-inspect: skipped {skipped}", err=True)
    return shorter


@cli.command()
@logs_argument
@click.option("--by", type=click.Choice(("solver", "model")), help="Compare these, in one table for each of the other.")
@_format
@_output
@_published
@pool_option
@_figures
def compare(
    logs: tuple[str, ...],
    by: str | None,
    form: str,
    output: str | None,
    published: bool,
    pool: list[str],
    figures: str | None,
) -> None:
    """Solvers and models side by side, over the competitions that all of them ran."""
    from mlebench_inspect.reporting import comparison, galleries
    from mlebench_inspect.reporting.formats import render_comparison

    reading = read_logs(logs)
    found = comparison.compare(reading, by=by, pooled=pool)
    _draw(galleries.groups_compared(found, published), figures)
    write_output(render_comparison(found, form, reading.skipped, published=published), output)


@cli.command()
@logs_argument
@click.option("--output-dir", metavar="DIR", required=True, help="Folder or URL, such as s3://bucket/reports.")
@pool_option
def export(logs: tuple[str, ...], output_dir: str, pool: list[str]) -> None:
    """Write grading reports in the published layout, one file for each row of the report and seed."""
    from mlebench_inspect.reporting import exporting, pooling

    rows = pooling.pool(read_logs(logs), pool)
    for note in (note for row in rows for note in row.notes):
        click.echo(f"mlebench-inspect: {note}", err=True)
    for place in exporting.export(rows, output_dir):
        click.echo(f"wrote {place}")


def _draw(groups: Sequence[Group], folder: str | None) -> None:
    """Writes pictures where a folder is named; says so on stderr, since a table may be on stdout."""
    from mlebench_inspect.reporting.galleries import write_figures

    for line in write_figures(groups, folder) if folder else ():
        click.echo(f"mlebench-inspect: {line}", err=True)


def write_output(text: str, output: str | None) -> None:
    from mlebench_inspect.reporting.places import write_text

    if output is None:
        click.echo(text)
        return
    write_text(output, click.unstyle(text))
    click.echo(f"wrote {output}")

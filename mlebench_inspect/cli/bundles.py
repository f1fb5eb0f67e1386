"""Commands for a result that others can check: bundle, verify, disclosure."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from mlebench_inspect.cli.group import cli, data_dir_option, json_option
from mlebench_inspect.cli.results import logs_argument, pool_option, read_logs, verdicts_option


@cli.command()
@logs_argument
@click.option("--output", metavar="FILE", required=True, help="Path or URL of the bundle, such as result.zip.")
@click.option("--no-code", is_flag=True, help="Leave out the agents' folders for code and logs.")
@click.option(
    "--disclosure",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="Answers to what no log knows; see: mlebench-inspect disclosure",
)
@verdicts_option
@click.option("--allow-missing", is_flag=True, help="Go on where a kept submission is lost; the bundle says so.")
@pool_option
def bundle(
    logs: tuple[str, ...],
    output: str,
    no_code: bool,
    disclosure: Path | None,
    verdicts: Path | None,
    allow_missing: bool,
    pool: list[str],
) -> None:
    """Put submissions, grades, figures and circumstances into one file that others can verify."""
    from mlebench_inspect.bundles.making import make

    reading = read_logs(logs, verdicts)
    with progress("bundling") as tell:
        made = make(
            reading,
            output,
            with_code=not no_code,
            answers=disclosure.read_bytes() if disclosure else None,
            pooled=pool,
            allow_missing=allow_missing,
            tell=tell,
        )
    for name in made.lacking:
        click.echo(f"mlebench-inspect: cannot be checked by others: {name}", err=True)
    if made.unanswered:
        told = ", ".join(made.unanswered)
        click.echo(f"mlebench-inspect: the disclosure leaves unanswered: {told}; see docs/bundles.md", err=True)
    click.echo(f"wrote {made.place}: {made.samples} samples, {made.size:,} bytes\nSHA-256 {made.sha256}")
    here = made.place.rpartition("/")[2] if "://" in made.place else made.place
    click.echo(f"to check it: mlebench-inspect verify {here} --sha256 {made.sha256}")


@cli.command()
@click.argument("file", metavar="BUNDLE", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@data_dir_option
@click.option("--sha256", "digest", metavar="DIGEST", help="SHA-256 that the bundle must have.")
@json_option
def verify(file: Path, data_dir: Path | None, digest: str | None, as_json: bool) -> None:
    """Grade all submissions of a bundle anew, compute its figures again, and print each difference.

    It needs the bundle and prepared data, no logs. The exit code is 0 if all could be checked and agrees, else 1.
    """
    from mlebench_inspect.bundles.errors import BrokenBundle
    from mlebench_inspect.bundles.verdict import lines
    from mlebench_inspect.bundles.verifying import verify as check
    from mlebench_inspect.plain import one_line

    if digest is not None and not re.fullmatch("[0-9a-fA-F]{64}", digest):
        raise click.BadParameter(f"{digest} is no SHA-256; give its 64 digits", param_hint="--sha256")
    try:
        with progress("grading") as tell:
            verdict = check(file, data_dir, digest=digest, tell=tell)
    except BrokenBundle as ex:
        told = one_line(str(ex))
        click.echo(json.dumps({"agrees": False, "broken": told}) if as_json else f"refused: {file}: {told}")
        sys.exit(1)
    if as_json:
        click.echo(json.dumps({"agrees": verdict.agrees, **verdict.model_dump(mode="json")}, indent=2))
    else:
        click.echo("\n".join(map(one_line, lines(verdict))))
    if not verdict.agrees:
        sys.exit(1)


@cli.command()
def disclosure() -> None:
    """Print the questions that no log can answer, to be filled in for `bundle --disclosure`."""
    from mlebench_inspect.bundles.disclosure import template

    click.echo(template(), nl=False)


@contextmanager
def progress(verb: str) -> Iterator[Callable[[int, int, str], None]]:
    """A bar on a terminal from the first moment on, nothing on a pipe."""
    if not sys.stderr.isatty():
        yield lambda done, of, name: None
        return
    from rich.console import Console
    from rich.markup import escape
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as bars:
        task = bars.add_task(f"{verb}: reading", total=None)

        def tell(done: int, of: int, name: str) -> None:
            bars.update(task, completed=done, total=of, description=f"{verb}: {escape(name)}")

        yield tell

"""Commands over this host: images, what is missing, and a demonstration."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from mlebench_inspect.cli.group import cli, data_dir_option
from mlebench_inspect.tasks import CatalogueError


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
@data_dir_option
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

"""Commands over this host: images, what is missing, and a demonstration."""

from __future__ import annotations

import contextlib
import shlex
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from mlebench_inspect.cli.group import cli, data_dir_option
from mlebench_inspect.tables import Column, terminal_width, text_table, wrapped
from mlebench_inspect.tasks import CatalogueError

if TYPE_CHECKING:
    from inspect_ai.log import EvalSample


@cli.command()
@click.argument("names", nargs=-1, metavar="[light|full|grader|SCAFFOLD]...")
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
        text = wrapped(f"{finding.name:12} {finding.text}", terminal_width(), first=" " * 4, others=" " * 17)
        click.echo(f"{click.style(mark, fg=colour)}  {text.lstrip()}")
        missing |= finding.state == "missing"
    sys.exit(1 if missing else 0)


@cli.command()
@click.option("--sandbox", type=click.Choice(["docker", "local"]), help="Default: Docker where it is usable.")
@click.option("--log-dir", type=click.Path(path_type=Path), default=Path("logs/demo"), show_default=True)
def demo(sandbox: str | None, log_dir: Path) -> None:
    """Run the baseline over miniature competitions and show their tiers."""
    click.echo("A simple baseline over generated data of six competitions; no result, no comparison with people.")
    from mlebench_inspect.demo import run_demo  # now, since it takes seconds to load

    log, used = run_demo(log_dir, sandbox=sandbox)
    columns = [
        Column("competition"),
        Column("metric", 1),
        Column("score", right=True),
        Column("tier (miniature)"),
    ]
    click.echo("\n" + text_table(columns, [_demo_row(s) for s in log.samples or []], terminal_width()) + "\n")
    if used == "docker":
        click.echo("Each ran in a Docker container of its own, without network.")
    click.echo(f"Look at it:   {_typed('inspect')} view --log-dir {shlex.quote(str(log_dir))}")
    click.echo(f"As a report:  {_typed('mlebench-inspect')} report {shlex.quote(str(log_dir))}")
    if log.status != "success" or any(s.error is not None for s in log.samples or []):
        raise CatalogueError(f"the demo had errors; see the log {log.location}")


def _demo_row(sample: EvalSample) -> list[str]:
    score = (sample.scores or {}).get("mlebench")
    if sample.error is not None or score is None:
        return [str(sample.id), "", "", f"error: {sample.error.message[:60] if sample.error else 'no score'}"]
    found = score.metadata or {}
    return [str(sample.id), found.get("metric", ""), str(found.get("score")), found.get("medal", score.answer or "")]


def _typed(command: str) -> str:
    """How to type a command of this installation here and now."""
    beside = Path(sys.executable).with_name(command)
    on_path = shutil.which(command)
    if on_path and Path(on_path).resolve() == beside.resolve():
        return command
    with contextlib.suppress(ValueError):
        beside = beside.relative_to(Path.cwd())
    return shlex.quote(str(beside))

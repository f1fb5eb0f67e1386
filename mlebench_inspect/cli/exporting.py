"""The command that hands competitions over to other runners."""

from __future__ import annotations

from pathlib import Path

import click

from mlebench_inspect.cli.group import (
    FiniteRange,
    chosen,
    cli,
    data_dir_option,
    ids_argument,
    revision_option,
    split_option,
)
from mlebench_inspect.graders.submission import Revision


@cli.command("export-tasks")
@ids_argument
@split_option
@click.option("--format", "form", type=click.Choice(["harbor"]), required=True, help="What reads the tasks.")
@click.option("--output-dir", type=click.Path(path_type=Path, file_okay=False), required=True)
@data_dir_option
@revision_option
@click.option("--miniature", is_flag=True, help="With miniature data.")
@click.option("--image", default="mlebench-inspect-light", show_default=True, help="That the agent works in.")
@click.option(
    "--grader-image", default="mlebench-inspect-grader", show_default=True, help="That the grading is done in."
)
@click.option("--cpus", type=FiniteRange(0, min_open=True), default=8, show_default=True)
@click.option("--memory", default="32g", show_default=True)
@click.option("--disk", default="100g", show_default=True)
@click.option("--gpus", type=click.IntRange(0), default=0, show_default=True)
@click.option("--hours", type=FiniteRange(0, min_open=True), default=24, show_default=True, help="That the agent has.")
@click.option(
    "--network",
    type=click.Choice(["no-network", "public"]),
    default="no-network",
    show_default=True,
    help="`public` for agents that install themselves in the container.",
)
def export_tasks(
    ids: tuple[str, ...],
    split: str | None,
    form: str,
    output_dir: Path,
    data_dir: Path | None,
    revision: Revision,
    miniature: bool,
    image: str,
    grader_image: str,
    cpus: float,
    memory: str,
    disk: str,
    gpus: int,
    hours: float,
    network: str,
) -> None:
    """Write prepared competitions as task folders for another runner: instruction, environment, and a grader apart."""
    from mlebench_inspect.data.store import Store
    from mlebench_inspect.harbor.writing import Shape, write_task
    from mlebench_inspect.sandboxes.compose import size_in_bytes

    for name, size in (("--memory", memory), ("--disk", disk)):
        try:
            size_in_bytes(size)
        except ValueError as ex:
            raise click.UsageError(f"{name}: {ex}") from None
    store = Store.open(data_dir, "miniature" if miniature else "real", revision)
    shape = Shape(image, grader_image, cpus, memory, disk, gpus, hours * 3600, network)
    for found in chosen(ids, split):
        click.echo(write_task(found, store, output_dir, shape))
    click.echo(f"next: mlebench-inspect build grader; harbor run -p {output_dir} -a AGENT -m MODEL", err=True)

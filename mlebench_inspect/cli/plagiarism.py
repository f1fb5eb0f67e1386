"""A command over agents' code: plagiarism."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from mlebench_inspect.cli.bundles import progress
from mlebench_inspect.cli.group import FiniteRange, cli
from mlebench_inspect.cli.results import logs_argument, read_logs, write_output

if TYPE_CHECKING:
    from mlebench_inspect.reporting.records import Reading


@cli.command()
@logs_argument
@click.option(
    "--notebooks",
    "folder",
    required=True,
    type=click.Path(path_type=Path, file_okay=False),
    help="Public notebooks: a folder for each competition, named by its id, or one flat folder for all.",
)
@click.option(
    "--from-kaggle",
    "wanted",
    metavar="N",
    type=click.IntRange(1, 200),
    help="Download the N notebooks with most votes of each competition first; what is there is not fetched again.",
)
@click.option(
    "--threshold",
    type=FiniteRange(0, 1),
    default=0.6,
    show_default=True,
    help="Similarity above which a person should look.",
)
@click.option(
    "--common",
    metavar="SHARE",
    type=FiniteRange(0, 1),
    help="Leave out what more than this share of a competition's notebooks have, such as 0.5. [default: nothing]",
)
@click.option("--format", "form", type=click.Choice(("table", "json", "html")), default="table", show_default=True)
@click.option("--output", metavar="FILE", help="Write to this file or URL, such as s3://bucket/plagiarism.html.")
def plagiarism(
    logs: tuple[str, ...],
    folder: Path,
    wanted: int | None,
    threshold: float,
    common: float | None,
    form: str,
    output: str | None,
) -> None:
    """How much of agents' code public notebooks have, too; what is above the threshold is for a person to look at.

    It compares the code that was kept beside the logs, without running any of it.
    """
    from mlebench_inspect.plagiarism.checking import check
    from mlebench_inspect.plagiarism.forms import render

    if wanted is None and not folder.is_dir():
        raise click.BadParameter(
            f"there is no folder {folder}; put notebooks there, or give --from-kaggle N", param_hint="--notebooks"
        )
    reading = read_logs(logs)
    if wanted is not None:
        _download(reading, folder, wanted)
    with progress("comparing") as tell:
        found = check(reading, folder, threshold=threshold, common=common, tell=tell)
    write_output(render(found, form), output)


def _download(reading: Reading, folder: Path, wanted: int) -> None:
    """Fetches notebooks of all competitions that were run; says on stderr what cannot be had."""
    from mlebench_inspect.data.kaggle import Kaggle
    from mlebench_inspect.data.public_notebooks import fetch_notebooks
    from mlebench_inspect.tasks import competition

    kaggle = Kaggle()
    ids = sorted({r.competition for r in reading.results if competition(r.competition).kaggle_slug})
    with progress("downloading") as tell:
        for number, competition_id in enumerate(ids):
            tell(number, len(ids), competition_id)
            for line in fetch_notebooks(
                kaggle, competition(competition_id).kaggle_slug, folder / competition_id, wanted
            ):
                click.echo(f"mlebench-inspect: {competition_id}: {line}", err=True)

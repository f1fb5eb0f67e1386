"""Commands for competitions of one's own: lay one out, check one."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import click

from mlebench_inspect.cli.catalogue import task_of
from mlebench_inspect.cli.group import FiniteRange, cli, json_option, named
from mlebench_inspect.tasks import CatalogueError, own


@cli.command()
@click.argument("name")
@click.option(
    "--dir",
    "folder",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR",
    default=".",
    help="Where the folder is made [default: here].",
)
def new(name: str, folder: Path) -> None:
    """Lay out a competition of your own, which works as it is: a folder NAME, with comments on what to change.

    NAME is its id: letters, digits and hyphens.
    """
    from mlebench_inspect.template import lay_out

    made = lay_out(name, folder)
    shown = made if made.is_absolute() else Path(".", made)
    typed = f"./{shown}" if not shown.is_absolute() else str(shown)
    click.echo(f"made {shown}: {', '.join(sorted(p.name for p in made.iterdir()))}")
    click.echo(f"next: mlebench-inspect check {typed}")


@cli.command()
@click.argument("id_or_folder", metavar="ID_OR_DIR")
@click.option("--limit", type=FiniteRange(1), default=300, show_default=True, metavar="SECONDS", help="For one check.")
@json_option
def check(id_or_folder: str, limit: float, as_json: bool) -> None:
    """Check a competition on miniature data: a line for each thing that must hold, with what is wrong and the mend.

    Its code runs on this host, and what it prints goes to stderr. The exit code is 1 if anything is wrong.
    """
    from mlebench_inspect.checks.apart import check_apart
    from mlebench_inspect.checks.verdict import Verdict

    place = id_or_folder
    if Path(place, own.MANIFEST).is_file():
        place = str(Path(place).absolute())
    try:
        found = named(place)
    except (CatalogueError, click.UsageError) as ex:
        if "/" not in place:
            raise
        told = Verdict("competition.yaml can be read", "v1", "fault", str(ex))
        click.echo(json.dumps({"competition": None, "checks": [told._asdict()]}, indent=2) if as_json else str(told))
        sys.exit(1)

    def say(text: str) -> None:
        if sys.stderr.isatty():  # in the last line, which the next word takes the place of
            click.echo(f"\r\x1b[K{text}", nl=False, err=True)

    def tell(verdict: Verdict) -> None:
        say("")
        if not as_json:
            click.echo(str(verdict))

    verdicts = check_apart(found, tell, lambda name: say(f"looking whether {name} ..."), limit=limit)
    wrong = [v for v in verdicts if v.status != "ok"]
    if as_json:
        click.echo(json.dumps({"competition": found.id, "checks": [v._asdict() for v in verdicts]}, indent=2))
    elif not wrong:
        run = f"inspect eval {task_of(found)} -T data=miniature --solver mlebench_inspect/baseline --model none"
        click.echo(f"{found.id}: all {len(verdicts)} checks hold; next: {run} -T sandbox=local")
    else:
        faults = sum(v.status == "fault" for v in wrong)
        click.echo(f"{found.id}: {faults} of {len(verdicts)} checks do not hold; see WRONG above", err=True)
    if wrong:
        sys.exit(1)

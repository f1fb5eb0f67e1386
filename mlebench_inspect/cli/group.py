"""What all commands share: the group, their common options, and how they end."""

from __future__ import annotations

import math
import os
import sys
from pathlib import Path
from typing import Any, NoReturn

import click

from mlebench_inspect.graders.errors import MlebenchError
from mlebench_inspect.graders.submission import REVISIONS
from mlebench_inspect.tasks import (
    SPLITS,
    CatalogueError,
    Competition,
    competition,
    competitions,
    faults,
    own,
    split_ids,
)

EXPECTED_ERRORS = (MlebenchError, OSError)

data_dir_option = click.option(
    "--data-dir", type=click.Path(path_type=Path, file_okay=False), help="Data folder [default: MLEBENCH_DATA_DIR]."
)
revision_option = click.option("--revision", type=click.Choice(REVISIONS), default="v1", show_default=True)


class FiniteRange(click.FloatRange):
    """A number within a range: neither infinite nor no number at all, which click lets pass."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """The number.

        Raises:
            click.BadParameter: It is none, or out of the range.
        """
        number = float(super().convert(value, param, ctx))
        if not math.isfinite(number):
            self.fail(f"{value} is no finite number", param, ctx)
        return number


class SplitType(click.ParamType):  # type: ignore[type-arg]  # generic only for type checkers
    """A split by its name, or a file with an id a line."""

    name = "split"

    def get_metavar(self, param: click.Parameter, ctx: click.Context | None = None) -> str:
        """As it stands in the help."""
        return f"[{'|'.join(SPLITS)}|FILE]"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """The value itself.

        Raises:
            click.BadParameter: There is no such split, or something is wrong with the file.
        """
        try:
            split_ids(value)
        except CatalogueError as ex:
            self.fail(str(ex), param, ctx)
        return value


split_option = click.option("--split", type=SplitType(), help="All competitions of this split.")
json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
ids_argument = click.argument("ids", nargs=-1, metavar="[ID_OR_DIR]...")
miniature_option = click.option("--miniature", is_flag=True, help="Grade against miniature data.")


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
        told = ex.format_message().rstrip(".")
        _end(f"{path}: {told}" + ("" if "see: " in told else f"; see: {path} --help"))
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


def named(id_or_folder: str) -> Competition:
    """The competition of that id, or in that folder, if it is written as a path (`./wine`).

    Raises:
        CatalogueError: There is none.
        click.UsageError: The folder holds none, or one whose id belongs to another.
    """
    if "/" not in id_or_folder and os.sep not in id_or_folder:
        return competition(id_or_folder)
    if "://" in id_or_folder or not Path(id_or_folder).expanduser().is_dir():
        return competition(id_or_folder)
    try:
        inside = own.add(id_or_folder)
    except ValueError as ex:
        raise click.UsageError(str(ex)) from None
    if len(inside) > 1:
        raise click.UsageError(f"{id_or_folder} holds several competitions; name one of them: {', '.join(inside)}")
    return competition(inside[0])


def tell_faults() -> None:
    """Says on stderr what is wrong with competitions of one's own, which are left out."""
    for fault in faults():
        click.echo(f"mlebench-inspect: left out: {fault}", err=True)


def chosen(ids: tuple[str, ...], split: str | None, *, default: str | None = None) -> list[Competition]:
    """The competitions named by ids, or their folders, and split.

    Raises:
        click.UsageError: Neither is given and there is no default.
    """
    if not ids and split is None:
        if default is None:
            raise click.UsageError("name competitions, or a split with --split; see: mlebench-inspect list")
        split = default
    found = {c.id: c for c in ([named(i) for i in ids] + (competitions(split) if split else []))}
    if split == "own":
        tell_faults()
    return list(found.values())

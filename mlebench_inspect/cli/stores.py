"""Commands over stores: verify-store."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

import click

from mlebench_inspect.cli.data import json_lines_option
from mlebench_inspect.cli.group import cli

if TYPE_CHECKING:
    from mlebench_inspect.data.contents import Check
    from mlebench_inspect.data.display import Display
    from mlebench_inspect.data.jobs import Progress

_NAMED = 5  # files that a line names


@cli.command("verify-store")
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.argument("ids", nargs=-1, metavar="[ID]...")
@click.option("--jobs", type=click.IntRange(1), default=2, show_default=True, help="Competitions at once.")
@click.option("--record", is_flag=True, help="Write the checksums of data that has none, once its manifest is right.")
@json_lines_option
def verify_store(folder: Path, ids: tuple[str, ...], jobs: int, record: bool, as_json: bool) -> None:
    """Read every file of prepared data and compare it with its checksum; exit code 1 if not all are right.

    DIR is a data folder, such as one that prepare --into has filled, or a copy of one. Nothing is written there without
    --record, and no lock is taken.
    """
    from mlebench_inspect.data.display import display

    found = {str(p.relative_to(folder)): p for p in _prepared(folder, ids)}
    for lacking in [i for i in ids if not any(i in p.parts for p in found.values())] if ids else []:
        raise click.UsageError(f"{folder} holds no prepared data of {lacking}")
    if not found:
        raise click.UsageError(f"{folder} holds no prepared data; a data folder has <id>/prepared in it")
    with display(len(found), as_json=as_json) as shown:
        right = _look_at(found, shown, jobs, record=record)
    sys.exit(0 if right else 1)


def _prepared(folder: Path, ids: tuple[str, ...]) -> Iterator[Path]:
    for pattern in ("*/prepared*", "miniature/*/prepared*"):
        yield from (p for p in sorted(folder.glob(pattern)) if p.is_dir() and (not ids or p.parent.name in ids))


def _look_at(found: dict[str, Path], shown: Display, jobs: int, *, record: bool) -> bool:
    """Whether all folders are right; shows each."""
    stop = threading.Event()

    def look(name: str) -> bool:
        return _is_right(name, found[name], shown, stop, record=record)

    with ThreadPoolExecutor(jobs) as pool:
        try:
            return all([*pool.map(look, found)])
        finally:
            stop.set()  # on Ctrl-C; else all are done


def _is_right(name: str, folder: Path, shown: Display, stop: threading.Event, *, record: bool) -> bool:
    from mlebench_inspect.data import contents
    from mlebench_inspect.data.errors import PreparationError
    from mlebench_inspect.data.jobs import Outcome

    def tell(progress: Progress) -> None:
        if stop.is_set():
            raise PreparationError(f"{name}: interrupted")
        shown.progress(name, progress)

    try:
        check = (contents.record if record else contents.check)(folder, tell)
        if fault := _fault(check):
            raise PreparationError(f"{name}: {fault}")
    except (PreparationError, OSError) as ex:
        shown.result(name, ex if isinstance(ex, PreparationError) else PreparationError(f"{name}: {ex}"))
        if not stop.is_set():
            click.echo(f"mlebench-inspect: {ex}", err=True)
        return False
    notes = [f"{check.checked:,} files of {' and '.join(check.parts)} are right", *_open_answers(folder)]
    shown.result(name, Outcome(competition=name, state="whole", notes=notes))
    return True


def _open_answers(folder: Path) -> list[str]:
    """What is to be typed where other users of this host can read the answers, as after a copy that keeps no modes."""
    private = folder / "private"
    return [f"other users can read the answers: chmod 700 {private}"] if _is_open(private) else []


def _is_open(private: Path) -> bool:
    return private.is_dir() and bool(private.stat().st_mode & 0o077)


def _fault(check: Check) -> str | None:
    """What is wrong, in one line."""
    if check.differing:
        named = "; ".join(f"{name} {how}" for name, how in list(check.differing.items())[:_NAMED])
        more = f"; and {len(check.differing) - _NAMED} more" if len(check.differing) > _NAMED else ""
        mend = "delete what is wrong there and copy it again"
        return f"{len(check.differing)} files are not right: {named}{more}; {mend}"
    if check.without_sum:
        return (
            f"{len(check.without_sum)} of {len(check.without_sum) + check.checked} files have no checksum; where they "
            "are known to be right, --record writes them"
        )
    return None

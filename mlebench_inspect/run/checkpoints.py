"""What is checked and said of checkpoints before a run that was typed with `--checkpoint`, or takes one up again."""

from __future__ import annotations

import click

from mlebench_inspect._inspect import (
    CommandLine,
    captured_by_inspect,
    checkpoints_folder,
    command_line,
    fetch_restic,
    listed,
    restic,
)
from mlebench_inspect.run.preflight import NO_MODEL, PreflightError, agent_typed
from mlebench_inspect.run.resume import CAPTURED, SANDBOX

RESUMED = ("react", "search")
"""Agents of ours that make checkpoints."""


def check_resuming() -> None:
    """Refuses checkpoints that cannot be made, and says on stderr where there are none.

    Does nothing unless `--checkpoint` was typed, or a run is taken up again that has some.

    Raises:
        PreflightError: Naming what is missing and what to type.
    """
    typed = command_line()
    told = _of_retry(typed)
    if typed.checkpoint is not None:
        if captured_by_inspect(typed.checkpoint, SANDBOX):
            raise PreflightError(f"--checkpoint {typed.checkpoint}: {CAPTURED}")
        _check_restic()
        told = told or _of_agent()
    if told:
        click.echo(f"mlebench_inspect: {told}", err=True)


def _check_restic() -> None:
    wanted = restic()
    if wanted is None or wanted.path.exists():
        return
    try:
        fetch_restic()
    except (RuntimeError, OSError) as ex:
        raise PreflightError(
            f"--checkpoint needs the program restic {wanted.version}, which is not there and cannot be downloaded "
            f"({_short(ex)}); run `inspect download restic` on a host with a network, and put what it wrote at "
            f"{wanted.path}; or run without --checkpoint"
        ) from ex


def _of_agent() -> str | None:
    name = agent_typed()
    if name is None or name in RESUMED:
        return None
    why = "has none to make" if name in NO_MODEL else "keeps its state where none can be made of it"
    return f"--checkpoint does nothing for {name}, which {why}: a sample that is cut off begins anew"


def _of_retry(typed: CommandLine) -> str | None:
    """What becomes of the samples of a log that is taken up again, where that is not what one may think."""
    if typed.command != "eval-retry" or typed.log is None:
        return None
    try:
        there = bool(listed(checkpoints_folder(typed.log)))
    except Exception:  # whatever a cloud's client raises; Inspect itself will tell
        return None
    if there and typed.checkpoint is None:
        return (
            "this run has checkpoints, but without --checkpoint samples that were cut off begin anew; to go on from "
            "them, end this and give --checkpoint as at first"
        )
    if not there and typed.checkpoint is not None:
        return f"there are no checkpoints beside {typed.log}, so samples that were cut off begin anew"
    return None


def _short(ex: Exception, most: int = 200) -> str:
    line = " ".join(str(ex).split())
    return line if len(line) <= most else f"{line[: most - 3]}..."

"""Checks in a process of their own: whatever a competition's code prints, and however it ends, there is a verdict."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
from collections.abc import Callable
from multiprocessing.connection import Connection

from mlebench_inspect.checks import CHECKS, Check, Verdict, check
from mlebench_inspect.tasks import Competition, competition, own


def check_apart(
    found: Competition,
    tell: Callable[[Verdict], None],
    trying: Callable[[str], None],
    *,
    limit: float,
) -> list[Verdict]:
    """As `check`, bounded, and with what the competition's code prints on stderr.

    Args:
        found: The competition.
        tell: Told of each verdict as it comes.
        trying: Told what is looked at, by name, before that.
        limit: Seconds for one check; a miniature is meant to be small, so that most need a few.
    """
    verdicts: list[Verdict] = []
    ahead = ((one, revision) for revision in found.revisions for one in CHECKS)

    def note(verdict: Verdict) -> None:
        verdicts.append(verdict)
        tell(verdict)

    spawning = multiprocessing.get_context("spawn")
    ours, theirs = spawning.Pipe(duplex=False)
    process = spawning.Process(target=_look, args=(theirs, str(found.folder) if found.is_own else found.id))
    with ours:
        process.start()
        theirs.close()
        try:
            for one, revision in ahead:
                trying(one.name)
                if (verdict := _next(ours, limit)) is None:
                    note(_cut(one, revision, process, limit))
                    break
                note(verdict)
        finally:
            if process.pid is not None and hasattr(os, "killpg"):
                with contextlib.suppress(ProcessLookupError, PermissionError):
                    os.killpg(process.pid, signal.SIGKILL)
            process.kill()
            process.join()
    for one, revision in ahead:
        note(Verdict(one.name, revision, "not looked at"))
    return verdicts


def _next(verdicts: Connection, limit: float) -> Verdict | None:
    """The next verdict; None where the process has ended, or the limit is over."""
    if not verdicts.poll(limit):
        return None
    try:
        verdict: Verdict = verdicts.recv()
    except EOFError:
        return None
    return verdict


def _cut(one: Check, revision: str, process: multiprocessing.process.BaseProcess, limit: float) -> Verdict:
    process.join(1)  # what has closed its end of the pipe ends at once
    if process.is_alive():
        told = f"not done within {limit:g} seconds"
        return Verdict(one.name, revision, "fault", told, "look for a loop, or make the miniature smaller (--limit)")
    told = f"the competition's code ended the process, with code {process.exitcode}"
    return Verdict(one.name, revision, "fault", told, "let it return, or raise an exception")


def _look(verdicts: Connection, place: str) -> None:
    """Runs in the process."""
    if hasattr(os, "setsid"):
        os.setsid()
    os.dup2(2, 1)
    with verdicts:
        check(own.add(place)[0] if os.path.isabs(place) else competition(place), verdicts.send)

"""Reading many logs at once: in processes those of this host, in threads those that lie elsewhere."""

from __future__ import annotations

import gc
import os
import pickle
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import IO

from mlebench_inspect.reporting.records import RunRecord, Skipped

FEW = 100
"""Logs of this host that are sooner read than another process is started."""
MOST_PROCESSES, MOST_THREADS = 4, 8
_AT_ONCE = 8  # logs

Found = list[RunRecord] | Skipped
Progress = Callable[[int, int], None]
"""Told how many logs of how many are read."""


def read_logs(locations: Sequence[str], progress: Progress | None = None) -> list[Found]:
    """The runs in logs, in the order of the logs.

    Args:
        locations: Paths and URLs.
        progress: Called from this thread.
    """
    work = _Work(locations, progress)
    helpers = [threading.Thread(target=reader, args=(work,), daemon=True) for reader in _helpers(locations)]
    for helper in helpers:
        helper.start()
    try:
        with _uncollected():
            _read_here(work)
            for helper in helpers:
                while helper.is_alive():
                    helper.join(0.2)
                    work.tell()
            _read_here(work)  # what a helper that broke had taken
    finally:
        work.pending.clear()
    work.tell()
    return [work.found[location] for location in locations]


@contextmanager
def _uncollected() -> Iterator[None]:
    """Without the search for cycles, of which there are none, in ever more results: it takes a fifth of the time."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


class _Work:
    def __init__(self, locations: Sequence[str], progress: Progress | None) -> None:
        self.pending = deque(locations[i : i + _AT_ONCE] for i in range(0, len(locations), _AT_ONCE))
        self.found: dict[str, Found] = {}
        self._total, self._progress = len(locations), progress

    def take(self) -> Sequence[str]:
        """Some logs; none where nothing is left."""
        try:
            return self.pending.popleft()
        except IndexError:
            return ()

    def tell(self) -> None:
        """Says how far it is."""
        if self._progress is not None:
            self._progress(len(self.found), self._total)


def _helpers(locations: Sequence[str]) -> list[Callable[[_Work], None]]:
    """What reads beside this thread."""
    remote = sum("://" in location for location in locations)
    if remote:
        return [_read] * min(MOST_THREADS, remote // _AT_ONCE)
    few = len(locations) < FEW
    return [] if few else [_read_elsewhere] * (min(MOST_PROCESSES, os.cpu_count() or 1) - 1)


def _read_here(work: _Work) -> None:
    while locations := work.take():
        for location in locations:
            work.found[location] = read(location)
            work.tell()


def _read(work: _Work) -> None:
    while locations := work.take():
        work.found |= {location: read(location) for location in locations}


def _read_elsewhere(work: _Work) -> None:
    """Has a process read; what it took goes back if it ends before its time."""
    locations: Sequence[str] = ()
    try:
        with _process() as (questions, answers):
            while locations := work.take():
                pickle.dump(locations, questions)
                questions.flush()
                read_there = pickle.load(answers)  # inspect-evals-lint: ignore[IESC002] -- our own process's pipe
                work.found |= zip(locations, read_there, strict=True)
    except Exception:  # it cannot be started, was killed ...: the logs are read without it
        if locations:  # an empty piece would be taken for the end
            work.pending.append(locations)


@contextmanager
def _process() -> Iterator[tuple[IO[bytes], IO[bytes]]]:
    """A process that reads the logs it is asked for. It ends when its input does, so at the latest with this one."""
    command = [sys.executable, "-P", "-m", __name__]
    # in a session of its own, since a Ctrl-C on the terminal is for this process alone
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True)
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        yield process.stdin, process.stdout
    finally:
        process.kill()
        process.communicate()


def read(location: str) -> Found:
    """The runs in one log, or why it is left out."""
    from mlebench_inspect.reporting.logs import NoLog, read_run

    try:
        return read_run(location)
    except NoLog as ex:
        return Skipped(location, str(ex))


def _serve() -> None:
    """Reads the logs that stdin names until it ends."""
    out = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever prints must not get between the answers
    with _uncollected():
        while True:
            try:
                locations = pickle.load(sys.stdin.buffer)  # inspect-evals-lint: ignore[IESC002] -- its parent's pipe
            except EOFError:
                return
            pickle.dump([read(location) for location in locations], out)
            out.flush()


if __name__ == "__main__":
    _serve()

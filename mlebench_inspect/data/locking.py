"""Locks across processes, such as one per competition, released by the operating system when their holder dies."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO


@contextmanager
def locked(path: Path, *, waiting: Callable[[], None] | None = None) -> Iterator[None]:
    """Holds the lock file `path` (made when missing, never deleted) for the block.

    Args:
        path: Lock file.
        waiting: Called once when another process holds the lock.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path, "a+b") as file:
        if not _try_lock(file):
            if waiting is not None:
                waiting()
            delay = 0.02
            while not _try_lock(file):
                time.sleep(delay)
                delay = min(2 * delay, 0.5)
        try:
            yield
        finally:
            _unlock(file)


def try_lock(path: Path, *, shared: bool = False) -> IO[bytes] | None:
    """Takes the lock file `path` (made when missing, never deleted); it is held until the file is closed.

    Args:
        path: Lock file; its folder is there.
        shared: Others may share it, and nobody have it alone.

    Returns:
        The open file; None where another has the lock.
    """
    file = open(path, "a+b")  # noqa: SIM115
    try:
        got = _try_lock(file, shared)
    except BaseException:
        file.close()
        raise
    if not got:
        file.close()
        return None
    return file


if os.name == "nt":  # pragma: no cover
    import msvcrt

    def _try_lock(file: IO[bytes], shared: bool = False) -> bool:
        file.seek(0)
        try:
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined]
        except OSError:
            return False
        return True

    def _unlock(file: IO[bytes]) -> None:
        file.seek(0)
        msvcrt.locking(file.fileno(), msvcrt.LK_UNLCK, 1)  # type: ignore[attr-defined]

else:
    import fcntl

    def _try_lock(file: IO[bytes], shared: bool = False) -> bool:
        try:
            fcntl.flock(file, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def _unlock(file: IO[bytes]) -> None:
        fcntl.flock(file, fcntl.LOCK_UN)

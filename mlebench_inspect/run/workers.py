"""Where the processes that grade and check come from: forks of one with the libraries loaded, else new ones."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import sys
import threading
from typing import IO

from mlebench_inspect.run import worker
from mlebench_inspect.sandboxes import host
from mlebench_inspect.sandboxes.host import Ended, HostError

NURSERY = "mlebench_inspect.run.nursery"
"""The module whose process loads the libraries and forks."""
PASSED_ON = ("PATH", "HOME", "TMPDIR", "LANG", "LC_ALL", "TZ", "LD_LIBRARY_PATH", "PYTHONPATH", "VIRTUAL_ENV")
"""The environment of a process that reads what an agent wrote; keys of providers, say, are not in it."""


async def call(request: bytes, *, timeout: float) -> Ended:
    """What a process answered that was given this request; see `worker`.

    Args:
        request: Its standard input.
        timeout: Seconds of the wall's clock until it is killed.

    Raises:
        HostTimeout: It was not done in time.
        HostError: It cannot be had.
    """
    if sys.platform != "linux":  # elsewhere a fork of a process with such libraries is not safe
        command = [sys.executable, "-P", "-m", "mlebench_inspect.run.worker"]
        return await host.call(command, timeout=timeout, input=request, env=_environment())
    forks: list[Fork] = []

    def fork(command: object, source: IO[bytes], errors: IO[bytes], env: object) -> Fork:
        forks.append(_fork(source, errors))
        return forks[0]

    ended = await host.call(["a grading process"], timeout=timeout, input=request, start=fork)
    if ended.returncode == -signal.SIGKILL and (fault := forks[0].nursery.fault()):
        raise HostError(fault)
    return ended


def prepare() -> None:
    """Starts loading the libraries, beside everything else; nothing where that was done.

    Raises:
        HostError: The process cannot be started.
    """
    if sys.platform == "linux":
        with _LOCK:
            _nursery()


class Fork:
    """A forked process, as `host.stream` follows any other.

    Args:
        end: The socket by which it is killed, and its exit code comes.
        stdout: What it prints.
        nursery: Where it comes from.
    """

    def __init__(self, end: socket.socket, stdout: IO[bytes], nursery: _Nursery) -> None:
        self._end, self.stdout, self.nursery = end, stdout, nursery
        self.returncode: int | None = None
        self._reaping = threading.Lock()

    def kill(self) -> None:
        """Kills it and all in its session; nothing where it has ended."""
        with contextlib.suppress(OSError):
            self._end.shutdown(socket.SHUT_WR)

    def wait(self, timeout: float | None = None) -> int:
        """Its exit code, negative for a signal.

        Raises:
            StillRunning: It has not ended in time.
        """
        with self._reaping:
            if self.returncode is None:
                self._end.settimeout(timeout)
                try:
                    told = self._end.recv(64)
                except TimeoutError:
                    raise host.StillRunning("a grading process", timeout or 0) from None
                except OSError:
                    told = b""
                self._end.close()
                self.returncode = int(told or -signal.SIGKILL)
                if not told:  # the process that forks has ended itself, and this one with it
                    with contextlib.suppress(host.StillRunning):
                        self.nursery.process.wait(5)
            return self.returncode


class _Nursery:
    def __init__(self) -> None:
        self.owner = os.getpid()
        self.control, theirs = socket.socketpair()
        self._errors = os.fdopen(os.memfd_create("errors"), "w+b")  # which a full disk does not keep from being made
        with theirs:
            command = [sys.executable, "-P", "-m", NURSERY, str(theirs.fileno())]
            self.process = host.serve(command, theirs.fileno(), _environment(), self._errors)

    def serves(self) -> bool:
        """False where it has ended, or is that of the process that this one was forked from."""
        return self.owner == os.getpid() and self.process.poll() is None

    def fault(self) -> str | None:
        """Why it has ended by itself; None where it has not, or was killed."""
        code = self.process.poll()
        if code is None or code <= 0:
            return None
        said = host.complaint_of(host.tail(self._errors))
        return f"the process that starts graders ended with code {code}; is the installation whole? It says: {said}"


_LOCK = threading.Lock()
_found: _Nursery | None = None


def _nursery() -> _Nursery:
    global _found
    if _found is None or not _found.serves():
        _found = _Nursery()
    return _found


def _fork(source: IO[bytes], errors: IO[bytes]) -> Fork:
    reader, writer = os.pipe()
    mine, theirs = socket.socketpair()
    try:
        with _LOCK:
            nursery, given = _nursery(), [source.fileno(), writer, errors.fileno(), theirs.fileno()]
            socket.send_fds(nursery.control, [b"x"], given)
    except OSError as ex:
        mine.close()
        os.close(reader)
        raise HostError(f"a grading process cannot be had: {ex.strerror or ex}") from ex
    finally:
        os.close(writer)
        theirs.close()
    return Fork(mine, os.fdopen(reader, "rb"), nursery)


def _environment() -> dict[str, str]:
    kept = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
    return {**kept, **worker.ENVIRONMENT}

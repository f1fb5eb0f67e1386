"""The process that has the libraries of grading loaded, and forks one for each submission.

Loading them takes some seconds of a processor, a fork some milliseconds. It runs with one thread, since a fork takes
no other one along, and serves the process that started it alone: when that ends, it ends, with all it has forked.
"""

from __future__ import annotations

import contextlib
import ctypes
import gc
import importlib
import os
import pkgutil
import selectors
import signal
import socket
import sys
import traceback
from collections.abc import Collection

from mlebench_inspect.run import worker

DESCRIPTORS = 4
"""Of a request: input, output, errors, and a socket for its end."""
_LIBRARIES = (
    "pandas",
    "scipy.stats",
    "sklearn.metrics",
    "mlebench_inspect.graders",
    "mlebench_inspect.graders.metrics",
)
_SET_PARENT_DEATH_SIGNAL, _SET_CHILD_SUBREAPER = 1, 36
_LIBC = ctypes.CDLL(None)


def main() -> None:
    """Serves requests from the socket whose descriptor is the first argument, until it is closed.

    Each is a byte with four descriptors. When its process has ended, the exit code is written into the last one, as
    text; when the other end of that one is closed for writing, the process is killed.
    """
    control = socket.socket(fileno=int(sys.argv[1]))
    woken, waker = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.set_wakeup_fd(waker, warn_on_full_buffer=False)
    _LIBC.prctl(_SET_CHILD_SUBREAPER, 1)
    _load()
    ends: dict[int, socket.socket] = {}
    with selectors.DefaultSelector() as ready:
        ready.register(control, selectors.EVENT_READ, "request")
        ready.register(woken, selectors.EVENT_READ, "ended")
        while True:
            for key, _ in ready.select():
                if key.data == "request":
                    _, descriptors, _, _ = socket.recv_fds(control, 1, DESCRIPTORS)
                    if len(descriptors) < DESCRIPTORS:
                        _kill(*ends)
                        return
                    pid = _fork(descriptors)
                    ends[pid] = socket.socket(fileno=descriptors[-1])
                    ready.register(ends[pid], selectors.EVENT_READ, pid)
                elif key.data == "ended":
                    os.read(woken, 4096)
                    ended = {pid: code for pid, code in _ended() if pid in ends}
                    _kill(*_left_behind(ends.keys() - ended.keys()))
                    for pid, code in ended.items():
                        with contextlib.suppress(KeyError):
                            ready.unregister(ends[pid])
                        with ends.pop(pid) as end, contextlib.suppress(OSError):
                            end.sendall(str(code).encode())
                elif key.data in ends:
                    ready.unregister(key.fileobj)
                    _kill(key.data)


def _load() -> None:
    """What graders use; one that is missing is missed by those who need it."""
    for name in _LIBRARIES:
        with contextlib.suppress(Exception):
            found = importlib.import_module(name)
            for module in pkgutil.iter_modules(getattr(found, "__path__", ()) if "mlebench" in name else ()):
                importlib.import_module(f"{name}.{module.name}")
    gc.collect()
    gc.freeze()  # a collection in a fork would write to, and so copy, the memory that all share


def _fork(descriptors: list[int]) -> int:
    pid = os.fork()
    if pid:
        for descriptor in descriptors[:-1]:
            os.close(descriptor)
        return pid
    code = 1
    try:
        _LIBC.prctl(_SET_PARENT_DEATH_SIGNAL, signal.SIGKILL)
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        os.setsid()
        for place, descriptor in enumerate(descriptors[:3]):
            os.dup2(descriptor, place)
        os.closerange(3, os.sysconf("SC_OPEN_MAX"))
        code = worker.main()
        sys.stdout.flush()
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(code)


def _ended() -> list[tuple[int, int]]:
    """Processes that have ended and their exit codes. What they leave is killed while their numbers are theirs."""
    found = []
    with contextlib.suppress(ChildProcessError):
        while ended := os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT):
            _kill(ended.si_pid)
            pid, status = os.waitpid(ended.si_pid, 0)
            found.append((pid, os.waitstatus_to_exitcode(status)))
    return found


def _left_behind(running: Collection[int]) -> list[int]:
    """Children that are in the session of none that runs: left by one that has ended, in sessions of their own."""
    found = []
    with contextlib.suppress(OSError), open(f"/proc/self/task/{os.getpid()}/children", encoding="ascii") as file:
        for pid in map(int, file.read().split()):
            with contextlib.suppress(ProcessLookupError):
                if pid not in running and os.getsid(pid) not in running:
                    found.append(pid)
    return found


def _kill(*pids: int) -> None:
    for pid in pids:  # they are not reaped yet, so that their numbers are theirs
        for kill in (os.killpg, os.kill):
            with contextlib.suppress(ProcessLookupError, PermissionError):
                kill(pid, signal.SIGKILL)


if __name__ == "__main__":
    main()

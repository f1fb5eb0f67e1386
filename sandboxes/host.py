"""The one way to run a command of the host: with a deadline, and killed and reaped whatever ends the wait.

A call returns or raises only when the process and all its children are gone, so a gate around it is held until then.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Sequence
from typing import IO, Any, NamedTuple, Protocol, TypeVar

import anyio
import anyio.lowlevel
import anyio.to_thread

from mlebench_inspect.graders.errors import MlebenchError

T = TypeVar("T")
_BLOCK = 1 << 20


class HostError(MlebenchError, RuntimeError):
    """The host, its engine or its disk did not do what was asked. It says nothing about an agent."""


class HostTimeout(HostError):
    """A command was not done by its deadline, and was killed."""


class TooMuchOutput(HostError):
    """A command printed more than was asked for, and was killed."""


class Ended(NamedTuple):
    """How a command ended."""

    returncode: int
    """As `subprocess` has it: negative for a signal."""
    stdout: bytes
    stderr: bytes
    """The last 64 KiB."""

    @property
    def complaint(self) -> str:
        """The end of what it said on stderr, in one line."""
        return complaint_of(self.stderr)


def complaint_of(stderr: bytes) -> str:
    """The end of an error text, in one line."""
    return " ".join(stderr.decode(errors="replace").split())[-500:]


StillRunning = subprocess.TimeoutExpired
"""A process has not ended in the time in which it was waited for."""


class Process(Protocol):
    """A process and all that it started."""

    @property
    def stdout(self) -> IO[bytes] | None:
        """What it prints."""

    @property
    def returncode(self) -> int | None:
        """None until it was waited for."""

    def kill(self) -> None:
        """Kills all of it; nothing where it has ended."""

    def wait(self, timeout: float | None = None) -> int:
        """Its exit code, negative for a signal; raises `StillRunning`."""


Start = Callable[[Sequence[str], IO[bytes], IO[bytes], "dict[str, str] | None"], Process]
"""From command, standard input, a file for its errors, and environment."""


async def call(
    command: Sequence[str],
    *,
    timeout: float,
    input: bytes | IO[bytes] = b"",
    most: int = 64 << 20,
    env: dict[str, str] | None = None,
    start: Start | None = None,
) -> Ended:
    """Runs a command and returns what it printed.

    Args:
        command: Program and arguments; no shell.
        timeout: Seconds until it is killed.
        input: Its standard input; a file is read from where it stands.
        most: Bytes of output; with more it is killed.
        env: Its whole environment; default: this process's.
        start: Where the process comes from; default: `subprocess`.

    Raises:
        HostTimeout: It was not done in time.
        HostError: It does not start, or prints more than `most`.
    """

    def collect(stdout: IO[bytes]) -> bytes:
        text = stdout.read(most + 1)
        if len(text) > most:
            raise TooMuchOutput(f"{command[0]} printed more than {most:,} bytes")
        return text

    text, ended = await stream(command, collect, timeout=timeout, input=input, env=env, start=start)
    return ended._replace(stdout=text)


async def stream(
    command: Sequence[str],
    consume: Callable[[IO[bytes]], T],
    *,
    timeout: float,
    input: bytes | IO[bytes] = b"",
    env: dict[str, str] | None = None,
    start: Start | None = None,
) -> tuple[T, Ended]:
    """Runs a command and hands its output, as it comes, to `consume` in a thread.

    Args:
        command: Program and arguments; no shell.
        consume: Reads from the stream it is given, which ends early when the process is killed. When it returns or
            raises before the end, the process is killed.
        timeout: Seconds until the process is killed.
        input: Its standard input; a file is read from where it stands.
        env: Its whole environment; default: this process's.
        start: Where the process comes from; default: `subprocess`.

    Returns:
        What `consume` returned, and how the process ended (`stdout` is empty).

    Raises:
        HostTimeout: It was not done in time.
        HostError: It does not start.
        Exception: Whatever `consume` raises.
    """
    late = False
    # no pipes: nobody need read them for the command to go on; and a busy disk makes no file at once
    errors, source, opened = await anyio.to_thread.run_sync(_files, input, limiter=_threads())
    with opened:
        process = (start or _start)(command, source, errors, env)

        async def watch() -> None:
            nonlocal late
            try:
                await anyio.sleep(timeout)
                late = True
            finally:
                process.kill()

        outcome: list[T] = []
        fault: BaseException | None = None

        async def work() -> None:
            nonlocal fault
            stdout = process.stdout
            assert stdout is not None
            try:
                outcome.append(await anyio.to_thread.run_sync(consume, stdout, limiter=_threads()))
            except Exception as ex:
                fault = ex
            stdout.close()  # a command that still has more to say ends by this

        try:
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(watch)
                await work()
                if fault is None and not late:
                    await anyio.to_thread.run_sync(_reap, process, 5.0, limiter=_threads())
                tasks.cancel_scope.cancel()
        finally:
            process.kill()
            with anyio.CancelScope(shield=True):
                await anyio.to_thread.run_sync(_reap, process, None, limiter=_threads())
        if late:
            raise HostTimeout(f"{command[0]} gave no answer within {timeout:.0f} seconds")
        if fault is not None:
            raise fault
        return outcome[0], Ended(process.wait(0), b"", tail(errors))


def _files(input: bytes | IO[bytes]) -> tuple[IO[bytes], IO[bytes], contextlib.ExitStack]:
    """A file for a command's errors, one with its standard input, and what closes them."""
    with contextlib.ExitStack() as opened:
        errors, source = opened.enter_context(_scratch()), opened.enter_context(_spooled(input))
        return errors, source, opened.pop_all()


@contextlib.contextmanager
def _scratch() -> Iterator[IO[bytes]]:
    try:
        file = tempfile.TemporaryFile()  # noqa: SIM115
    except OSError as ex:
        raise HostError(f"no temporary file can be made in {tempfile.gettempdir()}: {ex.strerror}") from ex
    with file:
        yield file


@contextlib.contextmanager
def _spooled(data: bytes | IO[bytes]) -> Iterator[IO[bytes]]:
    if not isinstance(data, bytes):
        yield data
        return
    if not data:
        with open(os.devnull, "rb") as nothing:
            yield nothing
        return
    with _scratch() as file:
        try:
            file.write(data)
            file.seek(0)
        except OSError as ex:
            raise HostError(f"the temporary folder {tempfile.gettempdir()} cannot be written: {ex.strerror}") from ex
        yield file


class Sentinel:
    """A command of any length that is followed beside everything else; it holds no thread. Its output is not wanted.

    Args:
        command: Program and arguments; no shell.

    Raises:
        HostError: It does not start.
    """

    def __init__(self, command: Sequence[str]) -> None:
        null = subprocess.DEVNULL
        try:
            self._process = subprocess.Popen(command, stdin=null, stdout=null, stderr=null, start_new_session=True)
        except OSError as ex:
            raise HostError(f"{command[0]} cannot be started: {ex.strerror or ex}") from ex

    def stop(self, patience: float = 0.0) -> int | None:
        """Ends it; blocks.

        Args:
            patience: Seconds in which it may end by itself.

        Returns:
            Its exit code; None if it had not ended by itself.
        """
        try:
            return self._process.wait(patience)
        except subprocess.TimeoutExpired:
            _kill(self._process)
            _reap(self._process, None)
            return None


def serve(
    command: Sequence[str], descriptor: int, env: dict[str, str], errors: IO[bytes] | None = None
) -> subprocess.Popen[bytes]:
    """Starts a command that serves this process through a descriptor that it is given, and ends when that is closed.

    Args:
        command: Program and arguments; no shell. It has no input, and its output is not wanted.
        descriptor: Has the same number there.
        env: Its whole environment.
        errors: A file for its errors; default: they are not wanted.

    Raises:
        HostError: It does not start.
    """
    null = subprocess.DEVNULL
    try:
        return subprocess.Popen(
            command,
            stdin=null,
            stdout=null,
            stderr=errors or null,
            env=env,
            pass_fds=[descriptor],
            start_new_session=True,
        )
    except OSError as ex:
        raise HostError(f"{command[0]} cannot be started: {ex.strerror or ex}") from ex


def run_bounded(command: Sequence[str], timeout: float = 60) -> subprocess.CompletedProcess[str]:
    """Runs a command where nothing waits beside it: in the command line, and while a task is built. Never raises.

    Args:
        command: Program and arguments; no shell.
        timeout: Seconds until it and its children are killed.

    Returns:
        The result; its code is 124 at the deadline, 127 where it cannot be started.
    """
    options: dict[str, Any] = {"encoding": "utf-8", "errors": "replace", "start_new_session": True}
    pipe, null = subprocess.PIPE, subprocess.DEVNULL
    try:
        process = subprocess.Popen(command, stdin=null, stdout=pipe, stderr=pipe, **options)
    except OSError as ex:
        return subprocess.CompletedProcess(command, 127, "", str(ex))
    with process:
        try:
            out, err = process.communicate(timeout=timeout)
            return subprocess.CompletedProcess(command, process.returncode, out, err)
        except subprocess.TimeoutExpired:
            return subprocess.CompletedProcess(command, 124, "", f"no answer within {timeout:g} seconds")
        finally:
            _kill(process)


class _Group(subprocess.Popen[bytes]):
    """A command that is killed with its children."""

    def kill(self) -> None:
        _kill(self)


def _start(command: Sequence[str], source: IO[bytes], errors: IO[bytes], env: dict[str, str] | None) -> Process:
    try:
        return _Group(command, stdin=source, stdout=subprocess.PIPE, stderr=errors, env=env, start_new_session=True)
    except OSError as ex:
        raise HostError(f"{command[0]} cannot be started: {ex.strerror or ex}") from ex


def _kill(process: subprocess.Popen[Any]) -> None:
    """Kills the process and its children; nothing where they have ended."""
    if process.returncode is None:  # else its number may be another's by now
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)


def _reap(process: Process, timeout: float | None) -> None:
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(timeout)


def tail(file: IO[bytes], most: int = 64 << 10) -> bytes:
    """The last bytes of a file."""
    file.seek(max(0, file.seek(0, os.SEEK_END) - most))
    return file.read()


_LIMITERS: dict[object, anyio.CapacityLimiter] = {}


def _threads() -> anyio.CapacityLimiter:
    """Threads of our own: those that all share may be held by whatever else a run does."""
    token = anyio.lowlevel.current_token()
    if token not in _LIMITERS:
        _LIMITERS.clear()
        _LIMITERS[token] = anyio.CapacityLimiter(1024)  # each sample has a command that waits
    return _LIMITERS[token]

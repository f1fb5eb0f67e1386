"""Processes that grade come from one that has the libraries loaded: bounded, apart from all else, and never left."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from mlebench_inspect.run import workers
from mlebench_inspect.run.workers import Fork
from mlebench_inspect.sandboxes.host import HostError

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only on Linux is a process with libraries forked")
PATIENCE = 60


@pytest.fixture
def nursery(monkeypatch: pytest.MonkeyPatch) -> Iterator[workers._Nursery]:
    """One of the test's own, of a process with secrets."""
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret")
    monkeypatch.setattr(workers, "_found", None)
    workers.prepare()
    found = workers._found
    assert found is not None
    yield found
    found.control.close()
    assert found.process.wait(PATIENCE) is not None


class Waiting:
    """A fork that waits for its request, as `pid`, with the end of a pipe that it reads it from."""

    def __init__(self, nursery: workers._Nursery) -> None:
        before = children(nursery)
        reader, self.writer = os.pipe()
        with tempfile.TemporaryFile() as errors, os.fdopen(reader, "rb") as source:
            self.fork: Fork = workers._fork(source, errors)
        self.pid = awaited(nursery, before)
        self.pidfd = os.pidfd_open(self.pid)

    def ends(self) -> bool:
        return bool(select.select([self.pidfd], [], [], PATIENCE)[0])

    def close(self) -> None:
        self.fork.stdout.close()
        os.close(self.writer)
        os.close(self.pidfd)


@pytest.fixture
def waiting(nursery: workers._Nursery) -> Iterator[Waiting]:
    found = Waiting(nursery)
    yield found
    found.close()


def children(nursery: workers._Nursery) -> set[int]:
    pid = nursery.process.pid
    return {int(p) for p in Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="utf-8").split()}


def awaited(nursery: workers._Nursery, before: set[int]) -> int:
    """A new child that has become what it is to be: the leader of a session."""
    end = select.poll()
    for _ in range(PATIENCE * 20):
        for pid in children(nursery) - before:
            if os.getsid(pid) == pid and len(os.listdir(f"/proc/{pid}/fd")) == 3:
                return pid
        end.poll(50)
    raise AssertionError("there is no child")


def test_it_has_neither_secrets_nor_descriptors_nor_threads(nursery: workers._Nursery, waiting: Waiting) -> None:
    other = Waiting(nursery)
    try:
        for pid in (waiting.pid, other.pid):
            assert set(os.listdir(f"/proc/{pid}/fd")) == {"0", "1", "2"}
            assert b"secret" not in Path(f"/proc/{pid}/environ").read_bytes()
            assert len(os.listdir(f"/proc/{pid}/task")) == 1
        assert len(os.listdir(f"/proc/{nursery.process.pid}/task")) == 1
        assert waiting.fork.stdout.fileno() != other.fork.stdout.fileno()
    finally:
        other.fork.kill()
        other.close()


def test_it_is_killed_at_once_and_tells_so(waiting: Waiting) -> None:
    with pytest.raises(subprocess.TimeoutExpired):
        waiting.fork.wait(0.01)
    waiting.fork.kill()
    assert waiting.fork.wait(PATIENCE) == -signal.SIGKILL
    assert waiting.ends()
    waiting.fork.kill()  # which harms nobody


def test_a_broken_request_ends_it_alone(nursery: workers._Nursery, waiting: Waiting) -> None:
    os.write(waiting.writer, b"{")
    os.close(waiting.writer)
    assert waiting.fork.wait(PATIENCE) == 1
    waiting.writer = os.open(os.devnull, os.O_RDONLY)
    assert nursery.serves()


def test_forks_end_with_the_one_that_forks_and_the_next_has_another(
    nursery: workers._Nursery, waiting: Waiting
) -> None:
    nursery.process.kill()
    assert waiting.fork.wait(PATIENCE) == -signal.SIGKILL
    assert waiting.ends()
    nursery.process.wait(PATIENCE)
    workers.prepare()
    new = workers._found
    assert new is not None
    assert new is not nursery
    again = Waiting(new)
    again.fork.kill()
    assert again.fork.wait(PATIENCE) == -signal.SIGKILL
    again.close()
    new.control.close()
    new.process.wait(PATIENCE)


RUN = """
import os, subprocess, sys, tempfile
from mlebench_inspect.run import workers
reader, writer = os.pipe()
fork = workers._fork(os.fdopen(reader, "rb"), tempfile.TemporaryFile())
print(workers._found.process.pid, flush=True)
sys.stdin.read()
"""


def test_all_end_with_a_run_that_is_killed() -> None:
    pipe = subprocess.PIPE
    with subprocess.Popen([sys.executable, "-c", RUN], stdin=pipe, stdout=pipe, text=True) as run:
        assert run.stdout is not None
        pid = int(run.stdout.readline())
        ends = [os.pidfd_open(pid)]
        for _ in range(PATIENCE * 20):
            if found := Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="utf-8").split():
                ends.append(os.pidfd_open(int(found[0])))
                break
            select.poll().poll(50)
        run.kill()
    assert len(ends) == 2
    for end in ends:
        assert select.select([end], [], [], PATIENCE)[0]
        os.close(end)


@pytest.mark.anyio
async def test_where_none_can_be_forked_the_cause_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workers, "_found", None)
    monkeypatch.setattr(workers, "NURSERY", "mlebench_inspect.run.nowhere")
    with pytest.raises(HostError, match=r"ended with code 1; is the installation whole\? .*No module named .*nowhere"):
        await workers.call(b"{}", timeout=PATIENCE)


def test_a_host_without_processes_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(workers, "_found", None)
    monkeypatch.setattr(sys, "executable", str(tmp_path / "none"))
    with pytest.raises(HostError, match="none cannot be started"):
        workers.prepare()

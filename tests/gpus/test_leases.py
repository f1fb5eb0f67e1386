"""No two samples of a host have the same GPU at a time, whichever processes they are in and however these end."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import anyio
import pytest

from fake_docker import put_on_path
from gpus.hosts import pretend_gpus
from mlebench_inspect.gpus.devices import Device, NoGpus, devices
from mlebench_inspect.gpus.leasing import lease, lock_folder

HERE = Path(__file__).parent
PATIENCE = 300.0


Start = Callable[..., "subprocess.Popen[bytes]"]


@pytest.fixture
def start() -> Iterator[Start]:
    """Starts a process that runs one of the files beside this one; none outlives the test."""
    started: list[subprocess.Popen[bytes]] = []

    def begin(name: str, *arguments: object) -> subprocess.Popen[bytes]:
        command = [sys.executable, str(HERE / name), *map(str, arguments)]
        started.append(subprocess.Popen(command, start_new_session=True))
        return started[-1]

    yield begin
    for process in started:
        process.kill()
        process.wait(60)


def until(ready: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not ready():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def until_it_changes(folder: Path, running: list[subprocess.Popen[bytes]]) -> None:
    """Waits until something in a folder comes or goes, or one of the processes has ended."""
    before = set(folder.iterdir())
    until(lambda: set(folder.iterdir()) != before or any(p.poll() is not None for p in running))


@pytest.fixture
def events(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Four GPUs of a pretended host with an engine that runs nothing; what evaluations there write."""
    put_on_path(tmp_path, monkeypatch)
    pretend_gpus(tmp_path / "bin", 4)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("PRETENDED_EVENTS", str(tmp_path / "events"))
    (tmp_path / "events").touch()
    return tmp_path / "events"


def in_use(events: Path) -> list[set[str]]:
    """What is in use after each event; fails where one comes into use that is."""
    now: set[str] = set()
    course = [now]
    for line in events.read_text(encoding="utf-8").splitlines():
        what, _, *ids = line.split()
        assert not (what == "start" and now & set(ids)), f"given twice: {line}"
        now = now | set(ids) if what == "start" else now - set(ids)
        course.append(now)
    return course


async def take_all() -> None:
    with anyio.fail_after(PATIENCE):
        (await lease(devices(), 4)).release()


@pytest.mark.anyio
async def test_two_evaluations_of_four_samples_on_four_gpus(start: Start, events: Path, tmp_path: Path) -> None:
    running = [start("pretended.py", tmp_path / f"logs{gpus}", "works", gpus) for gpus in (1, 2)]
    assert [process.wait(PATIENCE) for process in running] == [0, 0]
    course = in_use(events)
    assert len(course) == 1 + 2 * 8
    assert course[-1] == set()
    assert {len(line.split()) - 2 for line in events.read_text(encoding="utf-8").splitlines()} == {1, 2}
    await take_all()


@pytest.mark.anyio
async def test_all_are_free_after_a_kill(start: Start, events: Path, tmp_path: Path) -> None:
    process = start("pretended.py", tmp_path / "logs", "hangs", 1)
    until(lambda: events.read_text(encoding="utf-8").count("start") == 4)
    assert len(in_use(events)[-1]) == 4
    waits = start("pretended.py", tmp_path / "more", "works", "all")
    os.killpg(process.pid, signal.SIGKILL)
    process.wait(PATIENCE)
    assert waits.wait(PATIENCE) == 0
    assert events.read_text(encoding="utf-8").count("end") == 4  # of the second evaluation
    await take_all()


@pytest.mark.anyio
async def test_all_are_free_after_an_interrupt_and_after_errors(start: Start, events: Path, tmp_path: Path) -> None:
    process = start("pretended.py", tmp_path / "logs", "hangs", 1)
    until(lambda: events.read_text(encoding="utf-8").count("start") == 4)
    process.send_signal(signal.SIGINT)
    process.wait(PATIENCE)
    assert in_use(events)[-1] == set()
    assert start("pretended.py", tmp_path / "failing", "fails", 3).wait(PATIENCE) == 0  # one after the other
    assert in_use(events)[-1] == set()
    await take_all()


@pytest.mark.parametrize(("rounds", "kills"), [(6, 4), pytest.param(60, 30, marks=pytest.mark.nightly)])
def test_random_leases_and_kills(start: Start, rounds: int, kills: int, tmp_path: Path) -> None:
    chance, seed = random.Random(1), 0
    running: list[subprocess.Popen[bytes]] = []
    for left in range(kills, -1, -1):
        while len(running) < 3:
            running.append(start("holder.py", tmp_path, rounds, seed))
            seed += 1
        if left:
            until_it_changes(tmp_path, running)
            victim = running.pop(chance.randrange(len(running)))
            victim.kill()
            assert victim.wait(PATIENCE) in (0, -signal.SIGKILL)
    assert [process.wait(4 * PATIENCE) for process in running] == [0, 0, 0]


@pytest.mark.anyio
async def test_whoever_wants_many_is_not_passed_by_those_who_want_few(tmp_path: Path) -> None:
    pool = [Device(i, i) for i in "ABC"]
    first = await lease(pool, 1, folder=tmp_path)
    order: list[str] = []
    told = anyio.Event()

    async def wants(number: int, name: str) -> None:
        taken = await lease(pool, number, folder=tmp_path, waiting=lambda reason: told.set())
        order.append(name)
        taken.release()

    with anyio.fail_after(PATIENCE):
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(wants, 3, "many")
            await told.wait()
            tasks.start_soon(wants, 1, "few")
            await anyio.lowlevel.checkpoint()
            first.release()
    assert order == ["many", "few"]


@pytest.mark.anyio
async def test_parts_and_the_whole_of_a_gpu_exclude_each_other(tmp_path: Path) -> None:
    whole, parts = [Device("W", "W")], [Device(f"P{i}", f"P{i}", (), "W") for i in range(2)]
    taken = [await lease([part], 1, folder=tmp_path) for part in parts]
    with anyio.move_on_after(0.2) as waited:
        await lease(whole, 1, folder=tmp_path)
    assert waited.cancelled_caught
    for part in taken:
        part.release()
    (await lease(whole, 1, folder=tmp_path)).release()


@pytest.mark.anyio
async def test_a_gpu_in_a_leftover_container_is_not_handed_out(tmp_path: Path) -> None:
    pool, told = [Device("GPU-a", "GPU-a", ("0",)), Device("GPU-b", "GPU-b", ("1",))], []
    leftover = {"0": "inspect-left-1"}
    one = await lease(pool, 1, held=lambda: leftover, folder=tmp_path)
    assert one.ids == ("GPU-b",)
    one.release()

    def waiting(reason: str) -> None:
        told.append(reason)
        leftover.clear()

    with anyio.fail_after(PATIENCE):
        both = await lease(pool, 2, held=lambda: dict(leftover), waiting=waiting, folder=tmp_path)
    assert set(both.ids) == {"GPU-a", "GPU-b"}
    assert "docker rm -f inspect-left-1" in told[0]


@pytest.mark.anyio
async def test_more_than_there_are_is_refused(tmp_path: Path) -> None:
    with pytest.raises(NoGpus, match="2 GPUs are wanted, and there are 1: A"):
        await lease([Device("A", "A")], 2, folder=tmp_path)
    (tmp_path / "file").touch()
    with pytest.raises(NoGpus, match="XDG_STATE_HOME"):
        await lease([Device("A", "A")], 1, folder=tmp_path / "file" / "gpus")


def test_locks_lie_in_the_users_state_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    assert lock_folder() == tmp_path / "mlebench-inspect" / "gpus"

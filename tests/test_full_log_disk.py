"""A log folder that is full, or nearly: artefacts are lost with a note; submissions and other samples are not."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from inspect_ai.solver import Generate, Solver, TaskState, solver
from inspect_ai.util import sandbox

from campaign.disk import Disk
from mlebench_inspect.run import outcome
from mlebench_inspect.run.artifacts import Archive
from mlebench_inspect.sandboxes.host import HostError
from runs import run, score, value

SUBMIT = "cp data/sample_submission.csv submission/submission.csv; "
GREEDY = SUBMIT + "for i in 1 2 3 4; do head -c 12M /dev/urandom > code/$i; done"
needs_mounts = pytest.mark.skipif(not Disk.possible(), reason="only root can mount a small disk")


@pytest.fixture(autouse=True)
def _data_folder(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLEBENCH_DATA_DIR", str(tmp_path_factory.getbasetemp() / "data"))
    monkeypatch.setattr(outcome, "PAUSES", (0.1,))


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Disk]:
    """20 MiB for what is kept; the log itself lies elsewhere."""
    disk = Disk(tmp_path / "logs/artifacts", size=20)
    yield disk
    disk.end()


@solver
def scripts(*of_epochs: str) -> Solver:
    """A script for each epoch, one after the other."""

    async def solve(state: TaskState, generate: Generate) -> TaskState:
        await sandbox().exec(["bash", "-c", of_epochs[state.epoch - 1]])
        return state

    return solve


def run_both(tmp_path: Path, **options: Any) -> Any:
    return run(tmp_path, scripts(GREEDY, f"{SUBMIT}echo notes > logs/notes"), epochs=2, max_samples=1, **options)


def folders(log: Any, number: int) -> dict[str, Any]:
    found: dict[str, Any] = log.samples[number].store["SubmissionRecord:folders"]
    return found


def partial(tmp_path: Path) -> list[Path]:
    return [p for p in (tmp_path / "logs").rglob("*") if ".part" in p.name]


@needs_mounts
@pytest.mark.parametrize("reserve", [1 << 30, 4 << 20, 0])
def test_a_folder_that_does_not_fit_is_lost_with_a_note_and_nothing_else(
    tmp_path: Path, disk: Disk, reserve: int
) -> None:
    log = run_both(tmp_path, keep_free_bytes=reserve)
    assert log.status == "success"
    assert [value(log, n)["score"] for n in (0, 1)] == [0.625, 0.625]
    assert "no room" in folders(log, 0)["code"]["problem"]
    assert ("artifact" in folders(log, 1)["logs"]) == (reserve < 20 << 20)
    assert not partial(tmp_path)


@needs_mounts
def test_a_disk_that_fills_while_it_is_written_keeps_no_part(
    tmp_path: Path, disk: Disk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Archive, "check_room", lambda *args: None)
    log = run_both(tmp_path)
    assert log.status == "success"
    assert [value(log, n)["score"] for n in (0, 1)] == [0.625, 0.625]
    assert "No space left" in folders(log, 0)["code"]["problem"]
    assert "artifact" in folders(log, 1)["logs"]
    assert not partial(tmp_path)


@needs_mounts
def test_a_submission_that_does_not_fit_is_unreachable_and_the_next_sample_goes_on(tmp_path: Path, disk: Disk) -> None:
    disk.fill()

    @solver
    def frees_it() -> Solver:
        async def solve(state: TaskState, generate: Generate) -> TaskState:
            if state.epoch == 2:
                disk.free()
            await sandbox().exec(["bash", "-c", SUBMIT])
            return state

        return solve

    log = run(tmp_path, frees_it(), epochs=2, max_samples=1)
    assert score(log, 0).reason == "unreachable"
    assert "no room" in (score(log, 0).explanation or "")
    assert value(log, 1)["score"] == 0.625
    assert not partial(tmp_path)


@needs_mounts
def test_snapshots_leave_the_room_that_submissions_need(tmp_path: Path, disk: Disk) -> None:
    @solver
    def grows() -> Solver:
        async def solve(state: TaskState, generate: Generate) -> TaskState:
            import anyio

            from mlebench_inspect.run.snapshots import SnapshotRecord

            kept = state.store_as(SnapshotRecord)
            with anyio.fail_after(60):
                while not any("no room" in s.get("problem", "") for s in kept.snapshots):
                    await sandbox().exec(["bash", "-c", "head -c 3M /dev/urandom > n; mv n submission/submission.csv"])
                    await anyio.sleep(0.1)
            await sandbox().exec(["bash", "-c", SUBMIT])
            return state

        return solve

    log = run(tmp_path, grows(), snapshot_every=0.1, keep_free_bytes=4 << 20)
    assert log.status == "success"
    assert value(log)["score"] == 0.625
    figures = os.statvfs(disk.folder)
    assert figures.f_bavail * figures.f_frsize >= (4 << 20) - (1 << 20)  # the submission itself may use it
    assert not partial(tmp_path)


def test_what_lies_on_the_same_disk_already_needs_no_room_there(tmp_path: Path) -> None:
    free = os.statvfs(tmp_path).f_bavail * os.statvfs(tmp_path).f_frsize
    file = tmp_path / "sparse"
    with open(file, "wb") as out:
        out.truncate(free * 2)
    Archive(str(tmp_path / "logs")).put(file, "artifacts/sparse")
    assert Archive(str(tmp_path / "logs")).has("artifacts/sparse")
    with pytest.raises(HostError, match="no room"):
        Archive(str(tmp_path / "logs")).check_room(free * 4)

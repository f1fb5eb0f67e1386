"""Snapshots: taken while the agent works, graded afterwards, kept when the run is cut off."""

from __future__ import annotations

import contextlib
import gzip
import hashlib
import itertools
import os
import random
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import anyio
import pytest
from inspect_ai.solver import Generate, Solver, TaskState, solver
from inspect_ai.util import sandbox

from mlebench_inspect._inspect import prerequisite_error
from mlebench_inspect.agents import dummy
from mlebench_inspect.run import snapshots as snapshots_module
from mlebench_inspect.run.artifacts import Archive
from mlebench_inspect.run.snapshots import Bounds, Shelf, SnapshotRecord, table, take
from mlebench_inspect.sandboxes.extraction import Refused
from runs import run, score

GOOD = "cp data/sample_submission.csv submission/submission.csv"
BAD = "echo a,b > submission/submission.csv"
LINK = "rm submission/submission.csv; ln -s /etc/hostname submission/submission.csv"


@pytest.fixture(autouse=True)
def _data_folder(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLEBENCH_DATA_DIR", str(tmp_path_factory.getbasetemp() / "data"))


@solver
def in_steps(*scripts: str, then_wait: bool = False) -> Solver:
    """Runs a script, waits for the snapshot of it, runs the next one."""

    async def solve(state: TaskState, generate: Generate) -> TaskState:
        for number, script in enumerate(scripts, 1):
            await sandbox().exec(["bash", "-c", script])
            with anyio.fail_after(60):
                while len(state.store_as(SnapshotRecord).snapshots) < number:
                    await anyio.sleep(0.05)
        while then_wait:
            await anyio.sleep(0.05)
        return state

    return solve


def snapshots(log: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (score(log).metadata or {}).get("snapshots", [])
    return found


def test_each_change_is_kept_and_graded(tmp_path: Path) -> None:
    log = run(tmp_path, in_steps(GOOD, BAD, GOOD, LINK), snapshot_every=0.2)
    assert log.samples
    assert log.samples[0].error is None
    first, second, third, fourth = snapshots(log)
    assert first["score"] == third["score"] == 0.625
    assert [s["valid_submission"] for s in (first, second, third, fourth)] == [True, False, True, False]
    assert first["artifact"] == third["artifact"] != second["artifact"]
    assert fourth["artifact"] is None
    assert "link" in fourth["error"]
    files = {str(p.relative_to(tmp_path / "logs")) for p in (tmp_path / "logs").rglob("snapshots/*")}
    assert files == {first["artifact"], second["artifact"]}
    explanation = score(log).explanation or ""
    assert "| after | accuracy | medal |" in explanation
    assert explanation.count("| 0.625 | none |") == 2
    assert not (score(log).metadata or {})["valid_submission"]  # the score itself is that of the end


def test_a_run_that_is_cut_off_still_has_them(tmp_path: Path) -> None:
    log = run(tmp_path, in_steps(GOOD, then_wait=True), snapshot_every=0.2, time_limit=30)
    assert log.samples
    assert log.samples[0].limit is not None
    assert log.samples[0].limit.type == "time"
    assert [s["score"] for s in snapshots(log)] == [0.625]


def test_the_agent_sees_nothing_of_it(tmp_path: Path) -> None:
    log = run(tmp_path, in_steps(GOOD), snapshot_every=0.2)
    assert log.samples
    words = " ".join(m.text for m in log.samples[0].messages)
    assert "snapshot" not in words
    assert "0.625" not in words


def test_none_unless_asked_for(tmp_path: Path) -> None:
    log = run(tmp_path, dummy())
    assert snapshots(log) == []
    assert not list((tmp_path / "logs").rglob("snapshots"))


def test_grading_again_grades_them_again(tmp_path: Path) -> None:
    from inspect_ai import score as score_again

    from mlebench_inspect.run.scoring import mlebench_scorer

    log = run(tmp_path, in_steps(GOOD, BAD), snapshot_every=0.2)
    again = score_again(log, mlebench_scorer(), action="overwrite", display="none")
    assert snapshots(again) == snapshots(log)


@solver
def changes(times: int) -> Solver:
    """Writes another submission as soon as the last one is kept."""

    async def solve(state: TaskState, generate: Generate) -> TaskState:
        for number in range(times):
            text = f"{number},{os.urandom(4000).hex()}"  # 4 kB once compressed
            await sandbox().exec(["bash", "-c", f"{GOOD}; echo {text} >> submission/submission.csv"])
            digest = hashlib.sha256(await sandbox().read_file("submission/submission.csv", text=False)).hexdigest()
            with anyio.fail_after(60):
                while all(s.get("sha256") != digest for s in state.store_as(SnapshotRecord).snapshots[-1:]):
                    await anyio.sleep(0.02)
        return state

    return solve


@pytest.mark.parametrize("bounds", [{"max_snapshots": 5}, {"max_snapshot_bytes": 30_000}])
def test_of_too_many_every_second_goes_but_first_and_newest_stay(tmp_path: Path, bounds: dict[str, Any]) -> None:
    log = run(tmp_path, changes(9), snapshot_every=0.05, **bounds)
    assert log.samples
    assert log.samples[0].error is None
    rows = snapshots(log)
    files = {str(p.relative_to(tmp_path / "logs")): p.stat().st_size for p in (tmp_path / "logs").rglob("snapshots/*")}
    assert {r["artifact"] for r in rows} == set(files)
    assert 3 <= len(rows) <= 5
    assert sum(files.values()) <= bounds.get("max_snapshot_bytes", 10**6)
    assert [r["after"] for r in rows] == sorted(r["after"] for r in rows)
    with gzip.open(tmp_path / "logs" / rows[0]["artifact"], "rt") as first:
        assert first.read().splitlines()[-1].startswith("0,")
    assert rows[-1]["sha256"] == (score(log).metadata or {})["submission_sha256"]


@pytest.mark.parametrize("number", [2, 3, 8, 200])
def test_any_sequence_of_submissions_stays_within_bounds(tmp_path: Path, number: int) -> None:
    shelf, chance = Shelf(Archive(str(tmp_path)), "s", Bounds(number, 20_000)), random.Random(number)
    seen = []
    for after in range(500):
        content = chance.randbytes(2000) if chance.random() < 0.8 else b"again"
        (tmp_path / "x").write_bytes(content)
        digest = hashlib.sha256(content).hexdigest()
        taken = {"problem": "it is a symbolic link"}
        if chance.random() < 0.9:
            taken = {"sha256": digest, "artifact": shelf.put(tmp_path / "x", digest, after)}
        shelf.note(after, taken)
        shelf.clear()
        seen.append(taken)
        assert 1 <= len(shelf.rows) <= number
        assert {k: v for k, v in shelf.rows[0].items() if k != "after"} == seen[0]
        assert {k: v for k, v in shelf.rows[-1].items() if k != "after"} == taken
        named = {r["artifact"] for r in shelf.rows if "artifact" in r}
        files = list(tmp_path.glob("s/*"))
        assert named == {f"s/{f.name}" for f in files}
        assert sum(f.stat().st_size for f in files) <= 20_000


class Changing:
    """A sandbox whose submission is another one each time."""

    paths = SimpleNamespace(submission_file="submission.csv")

    def __init__(self) -> None:
        self.number = 0

    async def take_out(self, handle: str, path: str, file: Path, max_bytes: int) -> int:
        self.number += 1
        if self.number % 5 == 0:
            raise Refused("it is a symbolic link")
        file.write_text(str(self.number), encoding="utf-8")
        await anyio.sleep(0)
        return 1


@pytest.mark.parametrize("number", [2, 200])
def test_wherever_the_end_cuts_in_what_is_kept_is_noted(
    number: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The end comes at each step of taking a snapshot: steps are turns of the event loop and the work in threads."""
    run_in_thread, steps, scope = anyio.to_thread.run_sync, 0, None

    async def in_three_steps(work: Any, *args: Any) -> Any:
        await step()
        with anyio.CancelScope(shield=True):
            result = await run_in_thread(work, *args)
        await step()
        return result

    async def step() -> None:
        nonlocal steps
        steps += 1
        if steps == end:
            assert scope
            scope.cancel()
        await anyio.sleep(0)

    monkeypatch.setattr(anyio.to_thread, "run_sync", in_three_steps)
    monkeypatch.setattr(snapshots_module, "copying", lambda name: contextlib.nullcontext())
    ends = []
    for end in range(1, 80):
        steps, folder = 0, tmp_path / str(end)
        shelf = Shelf(Archive(str(folder)), "s", Bounds(number))
        told: list[Any] = []

        async def until_the_end(shelf: Any = shelf, told: Any = told) -> None:
            nonlocal scope
            box: Any = Changing()
            with anyio.CancelScope() as scope:
                for after in range(6):
                    await take(box, "", 100, shelf, after, lambda rows: told.__setitem__(slice(None), rows))

        anyio.run(until_the_end)
        ends.append(steps >= end)
        assert {r["artifact"] for r in told if "artifact" in r} == {f"s/{f.name}" for f in folder.glob("s/*")}
    assert sum(ends) > 20


def test_what_goes_is_removed_from_a_bucket_too(tmp_path: Path, s3: str) -> None:
    shelf, names = Shelf(Archive(s3), "s", Bounds(3)), []
    for after in range(6):
        (tmp_path / "x").write_text(str(after))
        digest = hashlib.sha256(str(after).encode()).hexdigest()
        names.append(shelf.put(tmp_path / "x", digest, after))
        shelf.note(after, {"sha256": digest, "artifact": names[-1]})
        shelf.clear()
    named = {r["artifact"] for r in shelf.rows}
    assert len(named) < len(names)
    assert {n for n in names if Archive(s3).has(n)} == named


def test_of_many_the_rest_covers_the_run_evenly(tmp_path: Path) -> None:
    shelf, after, every = Shelf(Archive(str(tmp_path)), "s", Bounds(20)), 0, 100
    while after < 100_000:
        shelf.note(after, {"sha256": str(after)})
        after += every * 2**shelf.thinned
    steps = [b["after"] - a["after"] for a, b in itertools.pairwise(shelf.rows)]
    assert max(steps) <= 2 * min(steps[:-1])
    assert shelf.rows[0]["after"] == 0
    assert shelf.rows[-1]["after"] > 90_000


def test_a_snapshot_larger_than_all_may_be_is_noted(tmp_path: Path) -> None:
    log = run(tmp_path, in_steps(GOOD), snapshot_every=0.1, max_snapshot_bytes=10)
    (only,) = snapshots(log)
    assert "more than 10 bytes" in only["error"]
    assert score(log).value["score"] == 0.625  # type: ignore[index,call-overload]


def test_fewer_than_two_are_refused(tmp_path: Path) -> None:
    with pytest.raises(type(prerequisite_error(""))) as caught:
        run(tmp_path, dummy(), snapshot_every=1, max_snapshots=1)
    assert "max_snapshots" in str(caught.value.message)  # type: ignore[attr-defined]


def test_an_interval_must_be_positive(tmp_path: Path) -> None:
    with pytest.raises(type(prerequisite_error(""))) as caught:
        run(tmp_path, dummy(), snapshot_every=0)
    assert "snapshot_every" in str(caught.value.message)  # type: ignore[attr-defined]


def test_table() -> None:
    rows: list[dict[str, Any]] = [
        {"after": 3600, "score": 0.5, "medal": "none"},
        {"after": 7230, "score": None, "medal": "none"},
        {"after": 10800, "score": 0.81, "medal": "silver"},
    ]
    assert table(rows, "accuracy").splitlines()[2:] == [
        "| 1 hour | 0.5 | none |",
        "| 2 hours 30 seconds | invalid | none |",
        "| 3 hours | 0.81 | silver |",
    ]

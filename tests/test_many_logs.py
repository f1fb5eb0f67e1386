"""Reading many logs: quick, in processes and threads, and with the same results as through Inspect, one by one."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import permutations
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest
from inspect_ai.log import read_eval_log, write_eval_log

from logs import write_log
from mlebench_inspect import _inspect
from mlebench_inspect.reporting import many
from mlebench_inspect.reporting.logs import read_run
from mlebench_inspect.reporting.many import read_logs
from mlebench_inspect.reporting.records import Skipped
from mlebench_inspect.reporting.results import read_results
from mlebench_inspect.tasks import competitions
from runs import run, shell
from test_compact_records import some_rows
from test_reading import BROKEN

IDS = [c.id for c in competitions("low")][:4]


def through_inspect(location: str, monkeypatch: pytest.MonkeyPatch) -> Any:
    with monkeypatch.context() as patch:
        patch.setattr(_inspect, "_SUMMARIES", "no such member")
        return read_run(location)


def every_outcome(folder: Path) -> str:
    return write_log(folder, {IDS[0]: "gsbnx-c!?", IDS[1]: "n.", IDS[2]: "!", IDS[3]: "?"}, snapshots=some_rows(50))


def long_texts(folder: Path) -> str:
    cause = "  ".join(f"word{i}" for i in range(1500))
    return write_log(folder, {IDS[0]: "g!?"}, cause=cause, given={"image_id": "x" * 2000, "gpus": 2})


def graded_on_another_revision(folder: Path) -> str:
    return write_log(folder, {IDS[0]: "g!", IDS[1]: "xn"}, revision="v2", run_revision="v1", time_limit=60)


def a_real_run(folder: Path) -> str:
    script = "cp data/sample_submission.csv submission/submission.csv"
    return run(folder, shell(script), epochs=2, snapshot_every=0.2, time_limit=60).location


def as_json(folder: Path) -> str:
    log = read_eval_log(every_outcome(folder))
    path = str(folder / "2026-03-01T00-00-00+00-00_all_json.json")
    write_eval_log(log, path)
    return path


@pytest.mark.parametrize("make", [every_outcome, long_texts, graded_on_another_revision, a_real_run, as_json])
def test_results_are_those_of_inspects_own_reading(
    tmp_path: Path, make: Callable[[Path], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    location = make(tmp_path)
    assert read_run(location) == through_inspect(location, monkeypatch)


def some_logs(folder: Path, number: int = 9) -> list[str]:
    """Logs, and whatever else may lie beside them."""
    paths = [
        write_log(folder, {IDS[i % 4]: "gn!"}, task_id=f"t{i}", created=f"2026-01-0{1 + i}T00:00:00+00:00")
        for i in range(number)
    ]
    return paths + [str(broken(folder)) for broken in BROKEN]


def test_processes_read_as_this_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    paths = some_logs(tmp_path)
    alone = [many.read(path) for path in paths]
    assert sum(isinstance(found, Skipped) for found in alone) == len(BROKEN)
    monkeypatch.setattr(many, "FEW", 2)
    monkeypatch.setattr(many, "_AT_ONCE", 2)
    monkeypatch.setattr(many, "MOST_PROCESSES", 3)
    monkeypatch.setattr(os, "cpu_count", lambda: 3)
    assert read_logs(paths) == alone


def test_a_process_alone_reads_all(tmp_path: Path) -> None:
    paths = some_logs(tmp_path)
    work = many._Work(paths, None)
    many._read_elsewhere(work)
    assert work.found == {path: many.read(path) for path in paths}


@pytest.mark.parametrize("python", ["/bin/false", "/no/such/file"])
def test_without_processes_all_is_read_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, python: str) -> None:
    paths = some_logs(tmp_path)
    alone = [many.read(path) for path in paths]
    monkeypatch.setattr(many, "FEW", 2)
    monkeypatch.setattr(many, "_AT_ONCE", 2)
    monkeypatch.setattr(os, "cpu_count", lambda: 4)
    monkeypatch.setattr(sys, "executable", python)
    assert read_logs(paths) == alone


def test_logs_in_a_bucket_are_read_in_threads(tmp_path: Path, s3: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(many, "_AT_ONCE", 2)
    paths = [write_log(f"{s3}/logs", {IDS[0]: "gx!"}, task_id=f"t{i}") for i in range(6)]
    started: list[int] = []
    reading = many._read

    def read(work: Any) -> Any:
        started.append(1)
        return reading(work)

    monkeypatch.setattr(many, "_read", read)
    found = read_logs(paths)
    assert len(started) == 3
    assert [f[0].task for f in found if isinstance(f, list)] == [f"t{i}" for i in range(6)]
    assert [len(r.results) for r in read_results([f"{s3}/logs"]).runs] == [3] * 6


def test_progress_reaches_the_end(tmp_path: Path) -> None:
    some_logs(tmp_path, 3)
    told: list[tuple[int, int]] = []
    read_results([tmp_path], lambda done, total: told.append((done, total)))
    assert told == sorted(told)
    number = len(list(tmp_path.iterdir()))
    assert told[0][0] == 1
    assert told[-1] == (number, number)


def test_of_another_benchmark_nothing_but_the_header_is_read(tmp_path: Path) -> None:
    path = tmp_path / "x.eval"
    header = read_eval_log(write_log(tmp_path / "ours", {IDS[0]: "g"}), header_only=True)
    header.eval.metadata = {}
    with ZipFile(path, "w") as archive:
        archive.writestr("header.json", header.model_dump_json())
        archive.writestr("summaries.json", "[" * 100_000)
    assert many.read(str(path)) == Skipped(str(path), "no log of this benchmark")


def test_a_sample_that_was_run_again_is_read_once(tmp_path: Path) -> None:
    source = write_log(tmp_path, {IDS[0]: "gx"})
    with ZipFile(source) as old, ZipFile(tmp_path / "twice.eval", "w") as new:
        for name in old.namelist():
            data = old.read(name)
            rows = json.loads(data) if name == "summaries.json" else None
            new.writestr(name, json.dumps([*rows, {**rows[0], "total_time": 7.0}]) if rows else data)
    (found,) = read_run(str(tmp_path / "twice.eval"))
    assert [(r.seed, r.seconds) for r in found.results] == [(1, 7.0), (2, None)]


def report_on(folder: Path, stderr: int) -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-m", "mlebench_inspect.cli", "report", str(folder)]
    return subprocess.run(command, stdout=subprocess.PIPE, stderr=stderr, timeout=120, check=True)


def test_progress_is_shown_to_people_alone(tmp_path: Path) -> None:
    write_log(tmp_path, {IDS[0]: "g"})
    assert report_on(tmp_path, subprocess.PIPE).stderr == b""
    ours, theirs = pty.openpty()
    try:
        report_on(tmp_path, theirs)
        assert b"reading logs" in os.read(ours, 10_000)
    finally:
        os.close(ours)
        os.close(theirs)


def test_processes_that_break_leave_all_logs_to_be_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """Some cannot be started, one breaks when it has taken logs; in whatever order, nothing is forgotten."""
    monkeypatch.setattr(many, "_AT_ONCE", 1)
    monkeypatch.setattr(many, "read", lambda location: Skipped(location, "read here"))

    @contextmanager
    def never_starts() -> Iterator[Any]:
        raise OSError("no process")
        yield

    @contextmanager
    def breaks() -> Iterator[Any]:
        yield None, None

    for order in permutations([never_starts, never_starts, breaks]):
        work = many._Work(["a", "b", "c"], None)
        for process in order:
            monkeypatch.setattr(many, "_process", process)
            many._read_elsewhere(work)
        many._read_here(work)
        assert set(work.found) == {"a", "b", "c"}

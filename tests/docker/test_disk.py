"""Agents that fill the host's disk, each beside an honest one whose figures do not change."""

from __future__ import annotations

import os
import subprocess
import tarfile
from collections import Counter
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import anyio.to_thread
import pytest
from inspect_ai import eval as inspect_eval
from inspect_ai.dataset import MemoryDataset
from inspect_ai.log import EvalSample
from inspect_ai.solver import Generate, Solver, TaskState, solver
from inspect_ai.util import sandbox

from mlebench_inspect.benchmark import TASKS
from mlebench_inspect.run.outcome import SubmissionRecord
from mlebench_inspect.sandboxes.disk import Meter, Use
from mlebench_inspect.sandboxes.host import HostError

pytestmark = pytest.mark.docker

SUBMIT = "cp /home/data/sample_submission.csv /home/submission/submission.csv; "
MIB = 2**20


def python(script: str) -> str:
    return f"python3 -I - <<'END'\nimport os, time, mmap\n{script}\nEND\n"


# Each goes on until it is stopped, far beyond the limit.
FILLERS = {
    "empty files": python("for i in range(150_000): open(f'/home/agent/{i}', 'w').close()"),
    "folders": python("for i in range(100_000): os.mkdir(f'/home/agent/{i}')"),
    "extended attributes": python(
        "for i in range(20_000):\n"
        " open(f'/home/agent/{i}', 'w').close(); os.setxattr(f'/home/agent/{i}', 'user.a', os.urandom(3900))"
    ),
    "long symbolic links": python("for i in range(100_000): os.symlink('x' * 4000, f'/home/agent/{i}')"),
    "deleted but open": python(
        "held = []\n"
        "for i in range(400):\n"
        " held.append(open('/home/agent/x', 'wb', 0)); os.unlink('/home/agent/x'); held[-1].write(bytes(20 << 20))\n"
        "time.sleep(300)"
    ),
    "deleted but mapped": python(
        "held = []\n"
        "for i in range(400):\n"
        " f = open('/home/agent/x', 'w+b', 0); os.unlink('/home/agent/x'); f.truncate(20 << 20)\n"
        " held.append(mmap.mmap(f.fileno(), 20 << 20)); f.close(); held[-1][:] = bytes(20 << 20)\n"
        "time.sleep(300)"
    ),
    "below 3,000 folders": python(
        "os.chdir('/home/agent')\n"
        "for i in range(3000): os.mkdir('d' * 20); os.chdir('d' * 20)\n"
        "for i in range(400): open(str(i), 'wb').write(bytes(20 << 20))"
    ),
    "many writers": "for i in $(seq 100); do head -c 90M /dev/zero > /tmp/$i & done; wait",
}
SEEN_BY_A_SECOND_CONTAINER = ("empty files", "deleted but open", "deleted but mapped", "below 3,000 folders")


@solver
def scripted() -> Solver:
    """Runs a sample's script after an honest submission, and waits to be stopped; the honest sample has no script."""

    async def solve(state: TaskState, generate: Generate) -> TaskState:
        script = (state.metadata or {})["script"]
        result = await sandbox().exec(["bash", "-c", f"{SUBMIT}{script}" + ("\nsleep 300" if script else "sleep 3")])
        state.output.completion = result.stdout + result.stderr
        return state

    return solve


def evaluate(folder: Path, scripts: dict[str, str], by: Solver, **options: object) -> dict[str, EvalSample]:
    """Runs a sample for each script, and honest ones beside them, which must have their score."""
    task = TASKS["spaceship-titanic"](data="miniature", hardware="lite", **options)
    (sample,) = task.dataset
    samples = []
    for number, (name, text) in enumerate([("honest", ""), *scripts.items(), ("honest to the end", "")]):
        one = sample.model_copy(deep=True)
        one.id, one.metadata = name, {**(sample.metadata or {}), "script": text, "number": number}
        samples.append(one)
    task.dataset = MemoryDataset(samples)
    limits = {"max_samples": 3, "max_sandboxes": 3, "max_subprocesses": 12}
    (log,) = inspect_eval(task, model=None, solver=by, log_dir=str(folder), display="none", **limits)  # type: ignore[arg-type]
    found = {str(s.id): s for s in log.samples or []}
    assert log.status == "success"
    for name in ("honest", "honest to the end"):
        assert found[name].limit is None
        assert score(found[name]) == 0.625
    return found


def score(sample: EvalSample) -> float:
    value = next(iter((sample.scores or {}).values())).value
    assert isinstance(value, dict)
    return value["score"]  # type: ignore[return-value]


def notes(sample: EvalSample) -> list[dict[str, Any]]:
    """What the benchmark wrote into the transcript."""
    return [e.data for e in sample.events if e.event == "info" and e.source == "mlebench"]  # type: ignore[misc]


def is_cut(sample: EvalSample) -> None:
    """Ended by the limit of its disk, and what it had submitted was graded."""
    assert sample.error is None
    assert sample.limit is not None
    assert sample.limit.type == "custom"
    assert score(sample) == 0.625


@pytest.fixture(scope="module")
def fillers(tmp_path_factory: pytest.TempPathFactory) -> dict[str, EvalSample]:
    return evaluate(tmp_path_factory.mktemp("fillers"), FILLERS, scripted(), max_disk="100m")


@pytest.mark.parametrize("filler", FILLERS)
def test_whatever_fills_the_disk_ends_the_sample(fillers: dict[str, EvalSample], filler: str) -> None:
    is_cut(fillers[filler])


@pytest.fixture(scope="module")
def unreadable(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, EvalSample]]:
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(os, "geteuid", lambda: 1000)
        scripts = {name: FILLERS[name] for name in SEEN_BY_A_SECOND_CONTAINER}
        yield evaluate(tmp_path_factory.mktemp("unreadable"), scripts, scripted(), max_disk="100m")


@pytest.mark.parametrize("filler", SEEN_BY_A_SECOND_CONTAINER)
def test_it_is_counted_as_well_where_this_host_cannot_read_the_layer(
    unreadable: dict[str, EvalSample], filler: str
) -> None:
    is_cut(unreadable[filler])
    assert "counted by a second container" in str(notes(unreadable[filler]))


def inspected(handle: str, form: str) -> str:
    command = ["docker", "inspect", "--format", form, handle]
    return subprocess.run(command, check=True, capture_output=True, text=True, timeout=60).stdout.strip()


def test_nothing_reaches_the_engines_log(tmp_path: Path) -> None:
    logged = []

    @solver
    def floods() -> Solver:
        async def solve(state: TaskState, generate: Generate) -> TaskState:
            flood = "for f in 1 2; do head -c 50M /dev/zero | tr '\\0' x >/proc/1/fd/$f; done; echo from a command"
            result = await sandbox().exec(["bash", "-c", SUBMIT + ((state.metadata or {})["script"] and flood)])
            if "from a command" in result.stdout:
                handle = state.store_as(SubmissionRecord).handle
                command = ["docker", "logs", handle]
                logged.append(
                    await anyio.to_thread.run_sync(partial(subprocess.run, command, capture_output=True, timeout=60))
                )
            return state

        return solve

    evaluate(tmp_path, {"flood": "yes"}, floods())
    (logs,) = logged
    assert (logs.returncode, logs.stdout, logs.stderr) == (0, b"", b"")  # type: ignore[comparison-overlap]


def test_a_fast_writer_is_cut_within_seconds_though_every_other_look_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """1.8 GB passed a limit of 300 MB before. The writer notes when it passes the limit, and when it still lives."""
    real, looks = Meter.look, Counter[str]()

    async def look(self: Meter, limit: int) -> Use:
        looks["real"] += 1
        if looks["real"] % 2:
            raise HostError("the engine is away")
        return await real(self, limit)

    monkeypatch.setattr(Meter, "look", look)
    writer = python(
        "for i in range(60):\n"
        " open(f'/home/agent/{i}', 'wb', 0).write(bytes(50 << 20))\n"
        " open('/home/logs/times', 'a').write(f'{i + 1} {time.time()}\\n')"
    )
    found = evaluate(tmp_path, {"writer": writer}, scripted(), max_disk="300m")
    is_cut(found["writer"])
    with tarfile.open(next(tmp_path.rglob("writer_1/*/logs.tar.gz"))) as tar:
        times = dict(line.split(maxsplit=1) for line in tar.extractfile("logs/times").read().decode().splitlines())  # type: ignore[misc, union-attr]
    assert 6 <= len(times) < 60
    last = max(map(float, times.values()))
    passed = float(times["6"])  # 300 MB
    assert last - passed < 10 * load()


def load() -> float:
    """How much slower than alone this machine may be."""
    return max(1.0, os.getloadavg()[0] / (os.cpu_count() or 1))


def test_who_tears_every_look_is_held_still_for_the_next(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real, paused = Meter.look, list[str]()

    async def look(self: Meter, limit: int) -> Use:
        use = await real(self, limit)
        state = await anyio.to_thread.run_sync(inspected, self._handle, "{{.State.Paused}}")
        if use.size < 100 * MIB:  # the honest one
            assert state == "false"
            return use
        paused.append(state)
        return use if state == "true" else Use(1, torn=True)

    monkeypatch.setattr(Meter, "look", look)
    found = evaluate(tmp_path, {"mover": "head -c 200M /dev/zero >/tmp/a; head -c 200M /dev/zero >/tmp/b"}, scripted(),
                     max_disk="300m")  # fmt: skip
    is_cut(found["mover"])
    assert paused == ["false", "false", "false", "true"]


def test_a_tree_deeper_than_the_engine_can_hand_over_is_not_called_complete(tmp_path: Path) -> None:
    @solver
    def digs() -> Solver:
        async def solve(state: TaskState, generate: Generate) -> TaskState:
            dig = "os.chdir('/home/code')\nfor i in range(3000): os.mkdir('d' * 20); os.chdir('d' * 20)"
            await sandbox().exec(["bash", "-c", SUBMIT + ((state.metadata or {})["script"] and python(dig))])
            return state

        return solve

    found = evaluate(tmp_path, {"deep": "yes"}, digs())
    kept = {name: found[name].store["SubmissionRecord:folders"]["code"]["complete"] for name in ("deep", "honest")}
    assert kept == {"deep": False, "honest": True}
    assert score(found["deep"]) == 0.625

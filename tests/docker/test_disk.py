"""Agents that fill the host's disk, each beside an honest one whose figures do not change."""

from __future__ import annotations

import os
import subprocess
import time
from pathlib import Path

import anyio
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


# Each goes on until it is stopped, at 100 times the limit at most.
FILLERS = {
    "empty files": python("for i in range(150_000): open(f'/home/agent/{i}', 'w').close()"),
    "folders": python("for i in range(150_000): os.mkdir(f'/home/agent/{i}')"),
    "extended attributes": python(
        "for i in range(20_000):\n"
        " open(f'/home/agent/{i}', 'w').close(); os.setxattr(f'/home/agent/{i}', 'user.a', os.urandom(3900))"
    ),
    "long symbolic links": python("for i in range(150_000): os.symlink('x' * 4000, f'/home/agent/{i}')"),
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
SMALL, LARGE = "100m", "1g"  # 150,000 inodes are worth 600 MB at least
LIMITS = {"empty files": "500m", "folders": "500m"}


@solver
def scripted(*, honest_stays: float = 0.0) -> Solver:
    """Runs a sample's script; an honest one has none."""

    async def solve(state: TaskState, generate: Generate) -> TaskState:
        script = (state.metadata or {}).get("script")
        command = f"{SUBMIT}{script}sleep 300" if script else f"{SUBMIT}sleep {honest_stays}"
        result = await sandbox().exec(["bash", "-c", command])
        state.output.completion = result.stdout + result.stderr
        return state

    return solve


def attack(
    tmp_path: Path, script: str, solver: Solver | None = None, **options: object
) -> tuple[EvalSample, EvalSample]:
    """Runs an attacker and, beside it, an honest sample; the honest one must have its score."""
    task = TASKS["spaceship-titanic"](data="miniature", hardware="lite", **{"max_disk": SMALL, **options})
    (sample,) = task.dataset
    samples = []
    for name, text in (("attacker", script), ("honest", None)):
        one = sample.model_copy(deep=True)
        one.id, one.metadata = name, {**(sample.metadata or {}), "script": text}
        samples.append(one)
    task.dataset = MemoryDataset(samples)
    (log,) = inspect_eval(
        task, model=None, solver=solver or scripted(honest_stays=3), log_dir=str(tmp_path), display="none",
        max_samples=2, max_sandboxes=2, max_subprocesses=8,
    )  # fmt: skip
    found = {s.id: s for s in log.samples or []}
    assert found["honest"].error is None
    assert found["honest"].limit is None
    assert figures(found["honest"])["score"] == 0.625
    return found["attacker"], found["honest"]


def figures(sample: EvalSample) -> dict[str, float]:
    value = (sample.scores or {})["mlebench_scorer"].value if "mlebench_scorer" in (sample.scores or {}) else None
    if value is None:
        (score,) = (sample.scores or {}).values()
        value = score.value
    assert isinstance(value, dict)
    return value  # type: ignore[return-value]


def is_cut(sample: EvalSample) -> None:
    """Ended by the limit of its disk, and what it had submitted was graded."""
    assert sample.error is None
    assert sample.limit is not None
    assert sample.limit.type == "custom"
    assert figures(sample)["score"] == 0.625


@pytest.mark.parametrize("filler", FILLERS)
def test_whatever_fills_the_disk_ends_the_sample(tmp_path: Path, filler: str) -> None:
    attacker, _ = attack(tmp_path, FILLERS[filler], max_disk=LIMITS.get(filler, SMALL))
    is_cut(attacker)


@pytest.mark.parametrize("filler", ["empty files", "deleted but open", "deleted but mapped", "below 3,000 folders"])
def test_it_is_counted_as_well_where_this_host_cannot_read_the_layer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, filler: str
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    attacker, _ = attack(tmp_path, FILLERS[filler], max_disk=LIMITS.get(filler, SMALL))
    is_cut(attacker)
    notes = [e.data for e in attacker.events if e.event == "info" and e.source == "mlebench"]
    assert {"max_disk": Use, "disk": "counted by a second container"}.keys() <= {k for n in notes for k in n}
    assert "counted by a second container" in str(notes)

"""Whole runs of samples with GPUs, on an engine that only seems to have them."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path
from typing import Any

import anyio
import pytest
from inspect_ai import eval as inspect_eval
from inspect_ai.log import EvalSample

from gpus.hosts import pretend_gpus
from mlebench_inspect.agents import baseline
from mlebench_inspect.benchmark import TASKS
from mlebench_inspect.gpus.devices import devices
from mlebench_inspect.gpus.leasing import lease

pytestmark = pytest.mark.docker


@pytest.fixture
def notes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two GPUs, and an engine that seems to have them; the folder in which it notes what it is asked."""
    folder, place = tmp_path / "bin", tmp_path / "notes"
    folder.mkdir()
    place.mkdir()
    pretend_gpus(folder, 2)
    monkeypatch.setenv("REAL_DOCKER", str(shutil.which("docker")))
    monkeypatch.setenv("GPU_NOTES", str(place))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
    script = folder / "docker"
    script.write_text(f'#!/bin/sh\nexec {sys.executable} {Path(__file__).parent / "without_gpus.py"} "$@"\n')
    script.chmod(0o755)
    return place


def environment(sample: EvalSample) -> dict[str, Any]:
    return {k.removeprefix("Environment:"): v for k, v in sample.store.items() if k.startswith("Environment:")}


def test_each_running_sample_has_a_gpu_of_its_own(notes: Path, tmp_path: Path) -> None:
    smi = tmp_path / "smi"
    smi.write_text("#!/bin/sh\necho NVIDIA H100, 81559 MiB, 570.1\n")
    smi.chmod(0o755)
    mount = {"type": "bind", "source": str(smi), "target": "/usr/local/bin/nvidia-smi", "read_only": True}
    task = TASKS["dev"](data="miniature", hardware="lite", gpus=1, at_once=2, compose_overrides={"volumes": [mount]})
    assert {sample.sandbox.type for sample in task.dataset if sample.sandbox} == {"docker_gpus"}
    (log,) = inspect_eval(task, model=None, solver=baseline(), limit=3, log_dir=str(tmp_path), display="none")
    assert log.status == "success", log.error
    now: set[str] = set()
    lines = (notes / "events").read_text().splitlines()
    for line in lines:
        what, *ids = line.split()
        assert not (what == "start" and now & set(ids))
        now = now | set(ids) if what == "start" else now - set(ids)
    assert not now
    assert len(lines) == 6
    for sample in log.samples or []:
        (score, *_) = (sample.scores or {}).values()
        assert isinstance(score.value, dict)
        assert score.value["valid"] is not None  # graded
        found = environment(sample)
        assert found["given"]["gpus"] == 1
        assert set(found["given"]["gpu_ids"]) <= {d.id for d in devices()}
        assert found["seen"]["gpus"] == ["NVIDIA H100, 81559 MiB, 570.1"]
        identity = sample.store["SubmissionRecord:identity"]["fields"]
        assert identity["given_gpus"] == 1
        assert "GPU-0000" not in str(identity)
    anyio.run(all_free)


async def all_free() -> None:
    with anyio.fail_after(60):
        (await lease(devices(), 2)).release()


@pytest.mark.nightly
def test_a_sandbox_without_the_gpus_that_it_was_given(notes: Path, tmp_path: Path) -> None:
    task = TASKS["spaceship-titanic"](data="miniature", hardware="lite", gpus=2)
    (log,) = inspect_eval(task, model=None, solver=baseline(), log_dir=str(tmp_path), display="none")
    (sample,) = log.samples or []
    assert sample.error is not None
    assert "was given 2 GPUs" in sample.error.message
    anyio.run(all_free)


@pytest.mark.nightly
def test_inspects_own_sandbox_option_would_share_them(notes: Path, tmp_path: Path) -> None:
    task = TASKS["spaceship-titanic"](data="miniature", hardware="lite", gpus=1)
    (log,) = inspect_eval(task, model=None, solver=baseline(), sandbox="docker", log_dir=str(tmp_path), display="none")
    (sample,) = log.samples or []
    assert sample.error is not None
    assert "counted, not leased" in sample.error.message

"""Faults of the engine and the host in real containers: none is an invalid submission."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import anyio
import pytest
from inspect_ai.log import EvalLog
from inspect_ai.solver import Generate, Solver, TaskState, chain, solver
from inspect_ai.util import sandbox

from mlebench_inspect.data.store import Store
from mlebench_inspect.run import endpoint, outcome, validation
from mlebench_inspect.run.outcome import SubmissionRecord
from mlebench_inspect.tasks import competition
from runs import run, score, shell, value

pytestmark = pytest.mark.docker

SUBMISSION = "/home/submission/submission.csv"
COPY = f"cp /home/data/sample_submission.csv {SUBMISSION}"


@pytest.fixture(autouse=True)
def _quick(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLEBENCH_DATA_DIR", str(tmp_path_factory.getbasetemp() / "data"))
    monkeypatch.setattr(outcome, "PAUSES", (0.1, 0.1, 0.1))


def reason(log: EvalLog) -> str | None:
    return score(log).reason


@solver
def then(action: Callable[[str], Any]) -> Solver:
    """Does something to the host, given the container's name."""

    async def solve(state: TaskState, generate: Generate) -> TaskState:
        await anyio.to_thread.run_sync(action, state.store_as(SubmissionRecord).handle)
        return state

    return solve


def docker(*arguments: str) -> Callable[[str], Any]:
    return lambda name: subprocess.run(["docker", *arguments, name], check=True, capture_output=True, timeout=60)


# What the engine does to `docker cp`: what it prints, how it ends.
WAYS = {
    "engine away": 'echo "Cannot connect to the Docker daemon at unix:///var/run/docker.sock." >&2; exit 1',
    "container unknown": 'echo "Error response from daemon: No such container: x" >&2; exit 1',
    "silence": "exit 0",
    "cut off": '"$real" "$@" | head -c 700; exit 1',
    "no answer": "exec sleep 100",
    "rubbish": "head -c 5000 /dev/urandom; exit 0",
    "killed": "kill -9 $$",
}


@pytest.fixture
def engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str, int], None]:
    """Puts a docker command in place that fails `times` times when files are copied, in a given way."""
    folder, counter = tmp_path / "bin", tmp_path / "left"
    folder.mkdir()
    real = shutil.which("docker")

    def set_up(way: str, times: int) -> None:
        counter.write_text(f"{times}\n")
        script = f"""#!/bin/bash
real={real}
if [ "$1 $2" = "cp --" ]; then  # ours: Inspect copies otherwise
  exec 9>{counter}.lock; flock 9; left=$(cat {counter})
  if [ "$left" -gt 0 ]; then echo $((left - 1)) >{counter}; flock -u 9; {WAYS[way]}; fi
  flock -u 9
fi
exec 9>&-
exec "$real" "$@"
"""
        (folder / "docker").write_text(script)
        (folder / "docker").chmod(0o755)
        monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")

    return set_up


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("times", [2, 1000])
def test_a_failing_engine_is_no_fault_of_the_agent(
    tmp_path: Path, engine: Callable[[str, int], None], monkeypatch: pytest.MonkeyPatch, way: str, times: int
) -> None:
    from mlebench_inspect.sandboxes import host

    real = host.stream

    async def impatient(*args: Any, timeout: float, **options: Any) -> Any:
        return await real(*args, timeout=min(timeout, 3), **options)

    if way == "no answer":
        monkeypatch.setattr(host, "stream", impatient)
    engine(way, times)
    log = run(tmp_path, shell(COPY), sandbox="docker")
    if times == 2:
        assert value(log)["score"] == 0.625
        assert log.status == "success"
    else:
        assert reason(log) == "unreachable"
        assert log.status == "error"
        assert log.samples
        assert log.samples[0].error


def test_a_removed_container_is_unreachable_and_an_error(tmp_path: Path) -> None:
    log = run(tmp_path, chain(shell(COPY), then(docker("rm", "-f"))), sandbox="docker")
    assert reason(log) == "unreachable"
    assert log.status == "error"


@pytest.mark.parametrize("noticed", [True, False])
def test_a_container_that_is_killed_under_the_agent_is_without_score(tmp_path: Path, noticed: bool) -> None:
    steps = [shell(COPY), then(docker("kill"))] + ([shell("true")] if noticed else [])
    log = run(tmp_path, chain(*steps), sandbox="docker")
    assert reason(log) == "sandbox_lost"
    assert log.samples
    assert log.samples[0].error
    record = log.samples[0].store
    assert record["SubmissionRecord:outcome"] == "taken"  # kept, all the same


@pytest.mark.parametrize(
    "script", ["rm -rf /home/submission; touch /home/submission", f"ln -s {SUBMISSION} {SUBMISSION}"]
)
def test_what_an_agent_makes_unreadable_is_refused_or_missing(tmp_path: Path, script: str) -> None:
    log = run(tmp_path, shell(f"{script}; true"), sandbox="docker")
    assert log.status == "success"
    assert value(log)["valid"] == 0
    assert reason(log) in ("submission_refused", "no_submission")


@pytest.mark.parametrize("mode", [0o700, 0o750])
def test_data_that_the_agents_user_cannot_read_fails_the_setup(tmp_path: Path, mode: int) -> None:
    data = tmp_path / "data"
    run(tmp_path, shell(COPY), sandbox="docker", data_dir=str(data))
    public = Store.open(data, "miniature").public(competition("spaceship-titanic"))
    public.chmod(mode)
    log = run(tmp_path, shell(COPY), sandbox="docker", data_dir=str(data))
    assert log.samples
    assert log.samples[0].error
    assert "chmod -R a+rX" in log.samples[0].error.message
    assert reason(log) == "setup_failed"


def test_a_check_that_cannot_be_answered_says_so_within_its_deadline(
    tmp_path: Path, engine: Callable[[str, int], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The engine gives no answer to anything: the agent hears of it in time, and its final grading is not delayed."""
    monkeypatch.setattr(validation, "DEADLINE", 8.0)
    engine("no answer", 1)
    ask = f"/home/validate_submission.sh {SUBMISSION}"
    asked = f"{COPY}; timeout 60 {ask}; until {ask} | grep valid; do sleep 0.5; done"
    log = run(tmp_path, shell(asked), sandbox="docker")
    assert log.samples
    said = log.samples[0].output.completion
    assert "this says nothing about your file" in said
    assert "The submission is valid" in said
    assert value(log)["score"] == 0.625


def test_the_endpoint_comes_back_after_any_length_of_overload(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(endpoint, "_SOON", 0.2)
    monkeypatch.setattr(endpoint, "_AT_MOST", 0.4)
    real, failures = endpoint._start, 0

    async def start(*args: Any, first: bool) -> None:
        nonlocal failures
        if not first and failures < 8:
            failures += 1
            raise endpoint.EndpointError("overloaded")
        await real(*args, first=first)

    monkeypatch.setattr(endpoint, "_start", start)

    @solver
    def kills_it() -> Solver:
        async def solve(state: TaskState, generate: Generate) -> TaskState:
            await sandbox().exec(["bash", "-c", "kill -9 $(pgrep -f serve[r].py)"], user="root")
            with anyio.fail_after(90):
                while failures < 8:
                    await anyio.sleep(0.1)
            return state

        return solve

    log = run(
        tmp_path,
        chain(
            kills_it(),
            shell(f"{COPY}; until /home/validate_submission.sh {SUBMISSION} | grep valid; do sleep 0.5; done"),
        ),
        sandbox="docker",
    )
    assert log.samples
    assert log.samples[0].error is None
    assert "The submission is valid" in log.samples[0].output.completion


def test_what_a_grader_says_of_its_own_fault_is_never_shown_to_the_agent(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from mlebench_inspect.tasks import GradingError

    async def fails(*args: Any, **options: Any) -> Any:
        raise GradingError("the answer to row 7 is c4n4ry")

    monkeypatch.setattr(validation, "check_file", fails)
    log = run(tmp_path, shell(f"{COPY}; /home/validate_submission.sh {SUBMISSION}"), sandbox="docker")
    assert log.samples
    assert "c4n4ry" not in log.samples[0].output.completion
    assert "does not work at the moment" in log.samples[0].output.completion
    assert "c4n4ry" in log.model_dump_json()  # but the log has it

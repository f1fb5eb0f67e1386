"""Hardware: whose CPUs and memory a sample is given, and when Docker is asked for them."""

from __future__ import annotations

import os
import random
import re
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from inspect_ai import Task
from inspect_ai._util.error import PrerequisiteError
from inspect_ai.util import ComposeConfig

from fake_docker import GIB, FakeDocker, engine_info, put_on_path
from mlebench_inspect.benchmark import TASKS
from mlebench_inspect.sandboxes.compose import SandboxSettings, check_fits, size_in_bytes
from mlebench_inspect.sandboxes.engine import EngineError, Machine, ask_engine, host_machine, machine


@pytest.fixture
def docker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakeDocker:
    return put_on_path(tmp_path, monkeypatch)


@pytest.fixture
def no_docker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))


def build(task: str = "spaceship-titanic", **options: Any) -> Task:
    return TASKS[task](data="miniature", **options)


def hardware(task: Task) -> tuple[float | None, int]:
    spec = task.dataset[0].sandbox
    assert spec is not None
    assert isinstance(spec.config, ComposeConfig)
    service = spec.config.services["default"]
    return service.cpus, size_in_bytes(service.mem_limit or "0")


def test_the_default_is_the_engines_not_this_hosts(docker: FakeDocker) -> None:
    docker.answers(engine_info(NCPU=96, MemTotal=300 * GIB))
    assert hardware(build()) == (96, 150 * GIB)


def test_the_engine_is_asked_once(docker: FakeDocker) -> None:
    build()
    build(hardware="lite")
    build("dogs-vs-cats-redux-kernels-edition")
    assert [c.split()[0] for c in docker.calls()] == ["info"]


def test_another_engine_is_asked_anew(docker: FakeDocker, monkeypatch: pytest.MonkeyPatch) -> None:
    assert machine("docker").cpus == 8
    docker.answers(engine_info(NCPU=4))
    monkeypatch.setenv("DOCKER_CONTEXT", "elsewhere")
    assert machine("docker").cpus == 4


def test_other_providers_do_not_ask(docker: FakeDocker) -> None:
    build(sandbox="local", cpus=10_000)
    assert docker.calls() == []
    assert machine("k8s") == host_machine()


def test_listing_and_grading_do_not_ask(docker: FakeDocker, tmp_path: Path) -> None:
    build(sandbox="local")
    sample = Path(os.environ["MLEBENCH_DATA_DIR"], "miniature/spaceship-titanic/prepared/public/sample_submission.csv")
    grade = ["grade-sample", sample, "spaceship-titanic", "--data-dir", sample.parents[3]]
    for arguments in (["list"], grade):
        command = [sys.executable, "-m", "mlebench_inspect.cli", *map(str, arguments)]
        subprocess.run(command, check=True, capture_output=True, timeout=120)
    statement = "import mlebench_inspect._registry"
    subprocess.run([sys.executable, "-c", statement], check=True, capture_output=True, timeout=120)
    assert docker.calls() == []


def test_without_docker_tasks_are_built_with_this_hosts_figures(no_docker: None) -> None:
    assert hardware(build())[0] == os.cpu_count()


@pytest.mark.parametrize(
    "script",
    [
        "echo 'Cannot connect to the Docker daemon' >&2; exit 1",
        'echo \'{"ServerErrors": ["no daemon"], "NCPU": 0}\'',
        "echo not json",
        "echo '[]'",
        "head -c 100000 /dev/urandom",
        "kill -9 $$",
        "sleep 60 & wait",  # whose child holds the pipes when it is killed
    ],
)
def test_an_engine_that_does_not_answer_is_told_in_one_line_and_in_time(docker: FakeDocker, script: str) -> None:
    docker.runs(script)
    began = time.monotonic()
    with pytest.raises(EngineError) as caught:
        ask_engine(timeout=2)
    assert time.monotonic() - began < 10
    assert "start it" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_silent_engine_refuses_nothing(docker: FakeDocker) -> None:
    docker.runs("exit 1")
    assert hardware(build(cpus=10_000)) == (10_000, hardware(build())[1])


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"cpus": 64}, "64 CPUs are more than the Docker engine has (8 CPUs, 32.0 GiB); give at most -T cpus=8,"),
        ({"memory": "33g"}, "-T memory=32g"),
        ({"hardware": "paper"}, "36 CPUs and 440g of memory are more"),
        ({"compose_overrides": {"cpus": 9}}, "9 CPUs"),
        ({"compose_overrides": {"mem_limit": "1t"}}, "1t of memory"),
        ({"memory": "lots"}, "-T memory=lots must be a number with k, m, g or t"),
    ],
)
def test_more_than_the_engine_has_is_refused_before_data_is_made(
    docker: FakeDocker, tmp_path: Path, options: dict[str, Any], words: str
) -> None:
    with pytest.raises(PrerequisiteError) as caught:
        build("all", data_dir=str(tmp_path / "data"), **options)
    assert words in str(caught.value.message)
    assert "\n" not in str(caught.value.message)
    assert not (tmp_path / "data").exists()


def test_overrides_have_the_last_word(docker: FakeDocker) -> None:
    fitting = {"cpus": 4, "mem_limit": "16g"}
    assert hardware(build(hardware="paper", compose_overrides=fitting)) == (4, 16 * GIB)


def machines() -> list[Machine]:
    """Engines of all sizes, from a small virtual machine to a large server."""
    chance = random.Random(0)
    sizes = [(1, 512 * 2**20), (1, GIB), (2, 2 * GIB - 1), (2, int(3.8 * GIB))]
    sizes += [(chance.randint(1, 256), int(2 ** chance.uniform(28, 41))) for _ in range(100)]
    return [Machine(cpus, memory, is_engine=True) for cpus, memory in sizes]


def test_default_and_lite_fit_every_engine() -> None:
    for found in machines():
        for name in ("default", "lite"):
            check_fits(SandboxSettings.preset(name, found), found)


def test_what_the_refusal_advises_is_accepted() -> None:
    refused = 0
    for found in machines():
        try:
            check_fits(SandboxSettings.preset("paper", found), found)
        except ValueError as ex:
            refused += 1
            mend = dict(re.findall(r"-T (\w+)=(\w+)", str(ex)))
            changes = {k: float(v) if k == "cpus" else v for k, v in mend.items()}
            check_fits(SandboxSettings.preset("paper", found, **changes), found)
    assert 0 < refused < len(machines())


@pytest.mark.docker
def test_the_real_engine_answers() -> None:
    told = subprocess.run(
        ["docker", "info", "--format", "{{.NCPU}} {{.MemTotal}} {{.ServerVersion}}"],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    ).stdout.split()
    assert machine("docker") == Machine(int(told[0]), int(told[1]), is_engine=True)
    assert ask_engine().version == told[2]

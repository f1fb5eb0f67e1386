"""Containers that a killed run leaves behind: told with the command that removes them, and only those."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from mlebench_inspect.doctor.docker import examine_containers
from mlebench_inspect.sandboxes.engine import docker_path
from mlebench_inspect.sandboxes.leftovers import Leftover, leftovers

pytestmark = pytest.mark.docker

RUN = """
import pathlib, sys
from runs import run, shell
from inspect_ai.solver import solver

@solver
def wait():
    async def solve(state, generate):
        from inspect_ai.util import sandbox
        connection = await sandbox().connection()
        print("container", connection.container, flush=True)
        await sandbox().exec(["sleep", "300"])
        return state
    return solve

run(pathlib.Path(sys.argv[1]), wait(), sandbox="docker")
"""


@pytest.fixture
def running(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A run whose agent works, and the name of its container."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "inspect"))
    command = [sys.executable, "-c", RUN, str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[1]) as process:
        assert process.stdout
        name = next((line.split()[1] for line in process.stdout if line.startswith("container ")), "")
        yield process, name
        process.kill()
    subprocess.run(["docker", "rm", "--force", name], capture_output=True, timeout=60)


def of(name: str) -> list[Leftover]:
    return [found for found in leftovers(docker_path()) if found.name == name]


def test_what_a_killed_run_left_is_told_and_removed(running: tuple[subprocess.Popen[str], str], tmp_path: Path) -> None:
    process, name = running
    assert name.startswith("inspect-spaceship-ti-")
    assert of(name) == [], "the run is alive"
    process.kill()
    process.wait(60)
    (found,) = of(name)
    assert found.certain
    (told,) = [f for f in examine_containers(docker_path()) if name in f.text and "killed run" in f.text]
    command = told.text.partition("run: ")[2]
    assert command.startswith("docker rm -f ")
    (tmp_path / "inspect").rename(tmp_path / "gone")
    assert not of(name)[0].certain, "without Inspect's traces nobody can tell"
    subprocess.run(["docker", "rm", "-f", name], check=True, capture_output=True, timeout=60)
    assert of(name) == []

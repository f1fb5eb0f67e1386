"""Which containers get a user and terminals of their own, and that nothing is lost where that cannot be had."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from mlebench_inspect.sandboxes.apart import TERMINALS
from mlebench_inspect.sandboxes.compose import KEEP_ALIVE, LIGHT_IMAGE
from mlebench_inspect.sandboxes.docker import Docker

pytestmark = [pytest.mark.docker, pytest.mark.anyio]


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def container() -> Iterator[Callable[..., str]]:
    """`container(*options)`: a running one of the light image, as a sample has it."""
    started: list[str] = []

    def start(*options: str, command: list[str] = KEEP_ALIVE) -> str:
        safe = ["--network", "none", "--cap-drop", "ALL", "--security-opt", "no-new-privileges"]
        result = docker("run", "-d", *safe, *options, LIGHT_IMAGE, *command)
        started.append(result)
        return result

    yield start
    if started:
        docker("rm", "-f", *started)


async def set_apart(handle: str) -> dict[str, Any]:
    return (await Docker().settle(handle))[1]


def docker(*arguments: str) -> str:
    result = subprocess.run(["docker", *arguments], capture_output=True, text=True, timeout=120, check=True)
    return result.stdout.strip()


async def test_two_containers_differ_and_the_agent_notices_nothing(container: Callable[..., str]) -> None:
    first, second = container(), container()
    numbers = {(await set_apart(c))["user"] for c in (first, second)}
    assert len(numbers) == 2
    seen = docker("exec", first, "bash", "-c", "id -u; whoami; echo ~ $HOME; cd; touch x /home/submission/y && id -gn")
    assert int(seen.split()[0]) in numbers
    assert seen.split()[1:] == ["agent", "/home/agent", "/home/agent", "agent"]
    owners = docker("exec", first, "stat", "-c", "%U", "/proc/1/environ", "/home/agent/.profile")
    assert owners.split() == ["root", "agent"]  # root's, because not dumpable


@pytest.mark.parametrize("user", ["1000", "4242:4242", "0", "root"])
async def test_a_user_by_number_is_kept(container: Callable[..., str], user: str) -> None:
    handle = container("--user", user)
    before = docker("exec", handle, "id", "-u")
    done = await set_apart(handle)
    assert "the user is" in done["user_kept"]
    assert done["terminals"] == TERMINALS
    assert docker("exec", handle, "id", "-u") == before


async def test_folders_of_the_host_change_no_owner(container: Callable[..., str], tmp_path: Path) -> None:
    (tmp_path / "mine").touch()
    (tmp_path / "read").mkdir()
    before = [(p, p.stat().st_uid) for p in (tmp_path, tmp_path / "mine", tmp_path / "read")]
    handle = container("-v", f"{tmp_path}:/home/agent/mine")
    done = await set_apart(handle)
    assert "/home/agent/mine is mounted writable" in done["user_kept"]
    assert docker("exec", handle, "id", "-u") == "1000"
    assert "user" in await set_apart(container("-v", f"{tmp_path / 'read'}:/home/agent/read:ro"))
    assert [(p, p.stat().st_uid) for p, _ in before] == before


async def test_a_user_who_owns_much_of_the_image_is_kept(container: Callable[..., str]) -> None:
    handle = container()
    docker("exec", handle, "python3", "-c", "for n in range(3000): open(f'/home/agent/{n}', 'w').close()")
    assert "more than" in (await set_apart(handle))["user_kept"]
    assert docker("exec", handle, "bash", "-c", "stat -c %u /home/agent/7; touch ~/8; id -u").split() == ["1000"] * 2


async def test_a_file_system_that_cannot_be_written_keeps_the_user(container: Callable[..., str]) -> None:
    handle = container("--read-only")
    assert "Read-only" in (await set_apart(handle))["user_kept"]
    assert docker("exec", handle, "id", "-u") == "1000"


async def test_an_engine_that_refuses_is_noted(monkeypatch: pytest.MonkeyPatch) -> None:
    assert set(await set_apart("no-such-container")) == {"user_kept", "terminals_kept"}
    monkeypatch.setenv("DOCKER_HOST", "tcp://127.0.0.1:9")
    assert set(await set_apart("x")) == {"user_kept", "terminals_kept"}


async def test_without_python_the_first_process_stays_to_be_told_so(container: Callable[..., str]) -> None:
    shell, flag, script = KEEP_ALIVE
    handle = container(command=[shell, flag, f"PATH=/nowhere:/bin; command() {{ return 1; }}; {script}"])
    assert docker("exec", handle, "id", "-un") == "agent"
    assert "sleep" in docker("exec", handle, "ps", "-ef")

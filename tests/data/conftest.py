"""Fixtures of the data tests: a look-alike of Kaggle, and processes that use it."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from kaggle_lookalike import Kaggle, downloads, led_to, zip_folder

from mlebench_inspect.tasks import competition

RUN = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture(scope="session")
def server() -> Iterator[Kaggle]:
    with Kaggle() as found:
        yield found


@pytest.fixture
def kaggle(server: Kaggle) -> Iterator[Kaggle]:
    """The look-alike, with nothing in it yet."""
    server.reset()
    yield server
    server.reset()


@pytest.fixture
def environment(kaggle: Kaggle, tmp_path: Path) -> dict[str, str]:
    """Variables for processes of this test; may be changed before they are started."""
    return led_to(kaggle, tmp_path / "home")


@pytest.fixture
def command(environment: dict[str, str]) -> RUN:
    """`command("prepare", ...)`: runs mlebench-inspect with the look-alike."""

    def run(*args: str | Path, **variables: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "mlebench_inspect.cli", *map(str, args)],
            env=environment | variables,
            capture_output=True,
            text=True,
            timeout=1500,
            stdin=subprocess.DEVNULL,
        )

    return run


@pytest.fixture(scope="session")
def client(server: Kaggle, tmp_path_factory: pytest.TempPathFactory) -> Iterator[subprocess.Popen[str]]:
    """One process with Kaggle's client for the downloads that need no credentials of their own."""
    with downloads(led_to(server, tmp_path_factory.mktemp("home"))) as process:
        yield process
        process.stdin.close()


@pytest.fixture
def download(
    client: subprocess.Popen[str], kaggle: Kaggle, environment: dict[str, str], tmp_path: Path
) -> Callable[..., dict[str, Any]]:
    """`download(slug, **patience)`: path, or error and message; a changed environment gets a process of its own."""
    usual = dict(environment)

    def run(slug: str = "demo", folder: Path = tmp_path / "download", **patience: float) -> dict[str, Any]:
        request = json.dumps([slug, str(folder), {"delay": 0.001, "read": 5} | patience]) + "\n"
        if environment != usual:
            with downloads(environment) as own:
                return json.loads(own.communicate(request, timeout=120)[0])
        assert client.stdin is not None
        assert client.stdout is not None
        client.stdin.write(request)
        client.stdin.flush()
        return json.loads(client.stdout.readline())

    return run


@pytest.fixture
def archive(tmp_path: Path) -> Callable[..., Path]:
    """`archive(id)`: a zip of the competition's miniature raw data, as Kaggle would serve it."""

    def make(competition_id: str = "spaceship-titanic", seed: int = 0) -> Path:
        raw = tmp_path / "generated" / f"{competition_id}-{seed}"
        competition(competition_id).make_miniature(raw, seed)
        return zip_folder(raw, tmp_path / f"{competition_id}-{seed}.zip")

    return make

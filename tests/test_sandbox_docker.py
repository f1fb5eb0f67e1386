"""The Docker provider, against a docker command that fails as a real one does."""

from __future__ import annotations

from pathlib import Path

import pytest
from inspect_ai.util import ExecResult

from fake_docker import FakeDocker, put_on_path
from mlebench_inspect.sandboxes.provider import Docker, complaint


@pytest.fixture
def docker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakeDocker:
    return put_on_path(tmp_path, monkeypatch)


@pytest.mark.anyio
async def test_an_engine_that_is_away_does_not_respond(docker: FakeDocker) -> None:
    docker.runs("echo Cannot connect to the Docker daemon >&2; exit 1")
    assert not await Docker().responds("x")
    docker.runs("tar -c -C /etc passwd")
    assert await Docker().responds("x")


def test_a_command_that_fails_without_a_word_is_told_by_its_code() -> None:
    assert "255" in complaint(ExecResult(False, 255, "", "\n"))
    assert complaint(ExecResult(False, 1, "", "a\nreason\n")) == "a reason"

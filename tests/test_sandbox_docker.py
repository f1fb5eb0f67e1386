"""The Docker provider, against a docker command that fails as a real one does."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from inspect_ai.util import ExecResult

from fake_docker import FakeDocker, put_on_path
from mlebench_inspect.data.store import Store
from mlebench_inspect.run import endpoint
from mlebench_inspect.run.grading import Unscored, grade_outcome
from mlebench_inspect.run.outcome import Ending, SubmissionRecord
from mlebench_inspect.run.validation import Validation
from mlebench_inspect.run.watching import agents_at_work, start_watching, stop_watching
from mlebench_inspect.sandboxes.docker import Docker
from mlebench_inspect.sandboxes.provider import complaint
from mlebench_inspect.tasks import competition


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


@pytest.mark.anyio
@pytest.mark.parametrize(("script", "ended"), [("exit 0", "sandbox"), ("exit 1", "engine"), ("exec sleep 600", None)])
async def test_what_ends_while_an_agent_is_at_work_is_known(docker: FakeDocker, script: str, ended: str | None) -> None:
    docker.runs(script)
    start_watching(Docker(), "x")
    assert agents_at_work() == 1
    assert await stop_watching("x", patience=60.0 if ended else 0.0) == ended
    assert agents_at_work() == 0
    assert docker.calls() == ["wait x"] or ended is None


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("interrupted", "fault", "lost", "scored"),
    [
        (None, None, False, True),
        (None, "agent", False, True),
        (None, "agent", True, False),
        ("engine", "agent", False, False),
        ("engine", None, False, True),  # the agent went on
        ("sandbox", None, True, False),  # it ended as if nothing had happened
        ("sandbox", "agent", True, False),
    ],
)
async def test_work_that_a_fault_of_ours_cut_short_has_no_score(
    tmp_path: Path, interrupted: Any, fault: Any, lost: bool, scored: bool
) -> None:
    record = SubmissionRecord()
    record.started, record.outcome, record.cause = 1.0, "missing", "there is no file"
    record.interrupted, record.lost = interrupted, lost
    record.ending = Ending(error="the command failed" if fault else None, fault=fault)
    store = Store.open(str(tmp_path), "miniature", "v1")
    found = competition("spaceship-titanic")
    if scored:
        assert not (await grade_outcome(record, found, store, max_bytes=1)).valid_submission
    else:
        with pytest.raises(Unscored) as caught:
            await grade_outcome(record, found, store, max_bytes=1)
        assert caught.value.reason == "sandbox_lost"


@pytest.mark.anyio
async def test_a_sandbox_that_fails_while_the_check_is_set_up_is_named_as_what_failed(
    docker: FakeDocker, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Gone:
        async def exec(self, *args: Any, **options: Any) -> None:
            raise RuntimeError("container not found")

    monkeypatch.setattr(Docker, "commands", lambda self, handle: Gone())
    with pytest.raises(endpoint.EndpointError, match="the sandbox or its engine may have failed"):
        await endpoint.serve_endpoint(Docker(), "x", Validation())

"""Limits and SIGKILL where the scaffold works inside the sandbox: what lay in place is graded, and nothing is left."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from agents.chat_api import ChatApi, Reply, Request, chat_api, says
from agents.killing import Killing
from agents.limits import LIMITS, check_limited, price
from mlebench_inspect.agents import aide
from mlebench_inspect.sandboxes.building import IMAGES, build, image_exists
from mlebench_inspect.sandboxes.engine import docker_path
from mlebench_inspect.sandboxes.leftovers import leftovers
from runs import run

pytestmark = pytest.mark.docker

LIMIT = 900
CODE = "import shutil; shutil.copy('./input/sample_submission.csv', './working/submission.csv'); print('accuracy 0.91')"
REVIEW = {"is_bug": False, "summary": "It ran.", "metric": 0.91, "lower_is_better": False}


@pytest.fixture
def api() -> Iterator[ChatApi]:
    with chat_api() as found:
        found.script = steps
        yield found


def steps(request: Request) -> Reply:
    """A solution that copies the sample submission, and its review; never an end."""
    return says(json.dumps(REVIEW) if request.get("tools") else f"A plan.\n\n```python\n{CODE}\n```")


@pytest.fixture(scope="module")
def image() -> str:
    return IMAGES["aide"] if image_exists(IMAGES["aide"]) else build("aide", quiet=True)


@pytest.mark.parametrize(
    "kind", ["token", *(pytest.param(k, marks=pytest.mark.nightly) for k in LIMITS if k != "token")]
)
def test_a_limit_ends_aide_by_its_name(tmp_path: Path, api: ChatApi, image: str, kind: str) -> None:
    options = {"time_limit": LIMIT, **LIMITS[kind]}
    log = run(tmp_path, aide(), sandbox="docker", image=image, model=price(api.model()), **options)
    check_limited(log, kind)


@pytest.mark.nightly
def test_a_killed_run_of_aide_is_taken_up_again_and_leaves_nothing(tmp_path: Path, api: ChatApi, image: str) -> None:
    killing = Killing(tmp_path, api, steps)
    killing.kill_in_call(3, "mlebench_inspect/aide", "-S", "steps=2", "-T", f"image={image}")
    (killed,) = killing.containers()
    try:
        assert [found.certain for found in leftovers(docker_path()) if found.name == killed] == [True]
        left = killing.temporary()
        killing.check(killing.retry())
        assert killing.containers() == {killed}, "the retry left a container"
        assert killing.temporary() <= left
    finally:
        killing.remove_containers()
    project = killed.removesuffix("-default-1")
    for what in ("container", "network", "volume"):
        named = ["docker", what, "ls", "--quiet", "--filter", f"name={project}"]
        assert subprocess.run(named, check=True, capture_output=True, timeout=120).stdout == b""

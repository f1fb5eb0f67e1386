"""Every scaffold in Docker from the prompt to a graded submission, with four models, on miniature and on real data."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from inspect_ai.log import EvalLog

from agents import scripted
from agents.chat_api import ChatApi
from agents.temperaments import LONG_SOLUTION, MODELS, SOLUTION, TEN, NowAndThen
from mlebench_inspect.agents import aide, claude_code, codex, mini_swe_agent, mlab, openhands, react, search
from mlebench_inspect.sandboxes.building import IMAGES, SCAFFOLDS, build, image_exists
from mlebench_inspect.sandboxes.compose import LIGHT_IMAGE
from runs import run, value

pytestmark = [pytest.mark.docker, pytest.mark.nightly]

SHORT, LONGER, LIMIT = 90, 600, 2400
"""Seconds of runs that nothing else ends, of the same where the host is too busy, of those that end by themselves."""
MOST_CALLS = 200
"""Of a run that its time limit ends: this many in its time would be a loop that does nothing."""
FLOOR = {"miniature": 0.8, "real": 0.7}
"""Scores that only the scripted model's own submission reaches."""
_STEPS = {"good": 2, "now-and-then": 16, "waiting": 1}
AGENTS: dict[str, Callable[[str], Any]] = {
    "react": lambda model: react(),
    "aide": lambda model: aide(**({"steps": _STEPS[model]} if model in _STEPS else {})),
    "openhands": lambda model: openhands(),
    "mlab": lambda model: mlab(),
    "mini-swe-agent": lambda model: mini_swe_agent(),
    "search": lambda model: search(**({"max_steps": _STEPS[model]} if model in _STEPS else {})),
    "claude-code": lambda model: claude_code(),
    "codex": lambda model: codex(),
}


@pytest.fixture
def data(request: pytest.FixtureRequest) -> dict[str, str]:
    """Options of the task for its data; the real competition where MLEBENCH_TEST_DATA_DIR names a folder with it."""
    if request.param == "miniature":
        return {"data": "miniature"}
    folder = os.environ.get("MLEBENCH_TEST_DATA_DIR")
    if not folder or not Path(folder, "spaceship-titanic/prepared/public/train.csv").is_file():
        pytest.skip("needs the real spaceship-titanic, prepared in the folder that MLEBENCH_TEST_DATA_DIR names")
    return {"data": "real", "data_dir": folder}


@pytest.mark.parametrize("data", FLOOR, indirect=True)
@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("scaffold", AGENTS)
def test_a_run_ends_in_a_graded_submission(
    scaffold: str,
    model: str,
    data: dict[str, str],
    tmp_path: Path,
    api: ChatApi,
    monkeypatch: pytest.MonkeyPatch,
    record_property: Callable[[str, object], None],
) -> None:
    monkeypatch.setattr(scripted, "SOLUTION", LONG_SOLUTION if model == "waiting" else SOLUTION)
    api.script = MODELS[model]()
    log = whole_run(tmp_path, scaffold, model, api, time_limit=SHORT if model == "never-done" else LIMIT, **data)
    if len(api.requests) < 5 and model == "never-done":  # it had hardly begun
        log = whole_run(tmp_path / "longer", scaffold, model, api, time_limit=LONGER, **data)
    (sample,) = log.samples or []
    end = sample.error.message if sample.error else sample.limit.type if sample.limit else "its own"
    for name, found in {**value(log), "end": end, "calls": len(api.requests), "seconds": sample.total_time}.items():
        record_property(name, found)
    # the search stops by itself shortly before its time is over
    assert end == ("time" if model == "never-done" and scaffold != "search" else "its own")
    assert value(log)["valid"] == 1
    assert value(log)["score"] > FLOOR[data["data"]]
    assert len(api.requests) < MOST_CALLS
    if isinstance(api.script, NowAndThen):
        assert {*api.script.shown} == {*TEN}


def whole_run(tmp_path: Path, scaffold: str, model: str, api: ChatApi, **options: Any) -> EvalLog:
    """A run of one sample in the scaffold's image, which is built if it is missing."""
    image = IMAGES[scaffold] if scaffold in SCAFFOLDS else LIGHT_IMAGE
    if not image_exists(image):
        build(scaffold, quiet=True)
    agent = AGENTS[scaffold](model)
    log: EvalLog = run(tmp_path, agent, sandbox="docker", image=image, model=api.model(), **options)
    return log

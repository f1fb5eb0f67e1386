"""Competitions as task folders of the Harbor format: what they hold, and that their graders say what ours do."""

from __future__ import annotations

import filecmp
import json
import os
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from mlebench_inspect.cli import cli
from mlebench_inspect.data.store import Store
from mlebench_inspect.harbor.writing import ExportError, Shape, write_task
from mlebench_inspect.sandboxes.building import GRADER_IMAGE, build, image_exists
from mlebench_inspect.tasks import competition, competition_ids

SHAPE = Shape("light", "grader", 2, "4g", "10g", 0, 3600, "no-network")
FEW = ["spaceship-titanic", "billion-word-imputation", "the-icml-2013-whale-challenge-right-whale-redux"]


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "data")


def put(store: Store, prepared: Callable[..., Path], competition_id: str) -> None:
    """Miniature data in the place of real data."""
    shutil.copytree(prepared(competition_id) / "prepared", store.prepared(competition(competition_id)))


def graded(task: Path, submission: Path, logs: Path) -> dict[str, Any]:
    """What the task's own grader says, in a process that can import nothing else of this package."""
    verifier = logs / "verifier"
    shutil.copytree(task / "tests", verifier, dirs_exist_ok=True)
    shutil.copytree(verifier / "package", verifier, dirs_exist_ok=True)  # as its Dockerfile does
    command = [sys.executable, "-I", str(verifier / "grade_submission.py"), str(submission), str(logs)]
    result = subprocess.run(command, capture_output=True, text=True, timeout=300)
    assert result.returncode == 0, result.stderr
    rewards: dict[str, Any] = json.loads((logs / "reward.json").read_text())
    return rewards


def check(competition_id: str, store: Store, tmp_path: Path) -> None:
    found = competition(competition_id)
    task = write_task(found, store, tmp_path / "tasks", SHAPE)
    sample = store.prepared(found) / found.sample_submission
    told = graded(task, sample, tmp_path / "logs")
    report = found.grade(sample, store.private(found))
    assert told["valid"] == report.valid_submission
    assert told.get("score") == report.score
    assert told["reward"] == told["any_medal"] == report.any_medal
    seen = filecmp.dircmp(store.public(found), task / "environment/data")
    assert not [*seen.left_only, *seen.right_only, *seen.diff_files]


@pytest.mark.parametrize("competition_id", FEW)
def test_a_task_grades_as_we_do(
    competition_id: str, store: Store, prepared: Callable[..., Path], tmp_path: Path
) -> None:
    put(store, prepared, competition_id)
    check(competition_id, store, tmp_path)


@pytest.mark.nightly
@pytest.mark.parametrize("competition_id", [c for c in competition_ids() if c not in FEW])
def test_every_task_grades_as_we_do(
    competition_id: str, store: Store, prepared: Callable[..., Path], tmp_path: Path
) -> None:
    put(store, prepared, competition_id)
    check(competition_id, store, tmp_path)


def test_settings_and_a_missing_submission(store: Store, prepared: Callable[..., Path], tmp_path: Path) -> None:
    put(store, prepared, FEW[0])
    task = write_task(competition(FEW[0]), store, tmp_path / "tasks", SHAPE)
    settings = tomllib.loads((task / "task.toml").read_text())
    assert settings["artifacts"] == ["/home/submission/submission.csv"]
    assert settings["verifier"]["environment_mode"] == "separate"
    assert (settings["environment"]["cpus"], settings["environment"]["memory_mb"]) == (2, 4096)
    assert settings["agent"]["timeout_sec"] == 3600
    assert "1 hour from the start" in (task / "instruction.md").read_text()
    told = graded(task, tmp_path / "none.csv", tmp_path / "logs")
    assert (told["valid"], told["reward"]) == (0, 0)
    assert "score" not in told


def test_only_a_task_is_replaced(store: Store, prepared: Callable[..., Path], tmp_path: Path) -> None:
    put(store, prepared, FEW[0])
    place = tmp_path / "tasks" / FEW[0]
    place.mkdir(parents=True)
    (place / "mine").touch()
    with pytest.raises(ExportError, match="is there and is no task folder"):
        write_task(competition(FEW[0]), store, place.parent, SHAPE)
    assert (place / "mine").exists()
    shutil.rmtree(place)
    for _ in range(2):
        write_task(competition(FEW[0]), store, place.parent, SHAPE)
    assert [p.name for p in place.parent.iterdir()] == [FEW[0]]


def test_the_command_names_what_is_not_prepared(tmp_path: Path) -> None:
    command = ["export-tasks", FEW[0], "--format", "harbor", "--output-dir", str(tmp_path), "--data-dir", str(tmp_path)]
    result = CliRunner().invoke(cli, command)
    assert "is not prepared; run: mlebench-inspect prepare" in str(result.exception)


@pytest.mark.docker
def test_the_agents_image_has_the_data_and_no_check_that_nothing_answers(
    store: Store, prepared: Callable[..., Path], tmp_path: Path
) -> None:
    put(store, prepared, FEW[0])
    shape = Shape("mlebench-inspect-light", GRADER_IMAGE, 1, "1g", "10g", 0, 3600, "no-network")
    task = write_task(competition(FEW[0]), store, tmp_path / "tasks", shape)
    built = subprocess.run(
        ["docker", "build", "--quiet", task / "environment"], check=True, capture_output=True, text=True, timeout=300
    )
    image = built.stdout.strip()
    command = ["docker", "run", "--rm", "--network", "none", image, "ls", "/home", "/home/data"]
    try:
        seen = subprocess.run(command, check=True, capture_output=True, text=True, timeout=60).stdout
    finally:
        subprocess.run(["docker", "image", "rm", "--force", image], capture_output=True, timeout=60)
    assert "sample_submission.csv" in seen
    assert "validate_submission" not in seen


@pytest.mark.nightly
@pytest.mark.docker
@pytest.mark.skipif(shutil.which("harbor") is None, reason="needs the command harbor, for Python 3.12 and newer")
def test_harbor_runs_a_task(store: Store, prepared: Callable[..., Path], tmp_path: Path) -> None:
    """With a network, as Harbor's own way to take it away needs an image from a registry."""
    if not image_exists(GRADER_IMAGE):
        build("grader", quiet=True)
    put(store, prepared, FEW[0])
    shape = Shape("mlebench-inspect-light", GRADER_IMAGE, 1, "1g", "10g", 0, 3600, "public")
    write_task(competition(FEW[0]), store, tmp_path / "tasks", shape)
    command = ["harbor", "run", "-p", str(tmp_path / "tasks"), "-a", "oracle", "-o", str(tmp_path / "jobs"), "-n", "1"]
    environment = {**os.environ, "LITELLM_LOCAL_MODEL_COST_MAP": "True"}
    result = subprocess.run(command, capture_output=True, text=True, timeout=900, env=environment)
    (rewards,) = (tmp_path / "jobs").rglob("verifier/reward.json")
    assert json.loads(rewards.read_text())["valid"] == 1, result.stdout

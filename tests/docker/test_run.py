"""Whole runs in real containers: what agents do, and the score it earns."""

from __future__ import annotations

import math
import subprocess
from pathlib import Path

import pytest
from inspect_ai.solver import Generate, Solver, TaskState, solver
from inspect_ai.util import sandbox

from mlebench_inspect.agents import baseline, dummy
from mlebench_inspect.run import endpoint
from runs import run, score, shell, value

pytestmark = pytest.mark.docker

SUBMISSION = "/home/submission/submission.csv"


def test_baseline_learns_and_dummy_does_not(tmp_path: Path) -> None:
    log = run(tmp_path, baseline(), sandbox="docker")
    assert log.status == "success"
    assert value(log)["score"] > 0.7
    assert value(log)["valid"] == value(log)["made"] == 1
    assert value(run(tmp_path, dummy(), sandbox="docker"))["score"] < 0.65


def test_the_image_has_the_byte_code_of_what_agents_import(tmp_path: Path) -> None:
    look = "import os, numpy as n, pandas as p, sklearn as s; print(*(os.path.exists(m.__cached__) for m in (n, p, s)))"
    log = run(tmp_path, shell(f"python3 -c '{look}'"), sandbox="docker")
    assert log.samples
    assert log.samples[0].output.completion.split() == ["0", "True", "True", "True"]


@pytest.mark.parametrize(
    ("script", "made", "words"),
    [
        ("true", 0, "there is no file"),
        (f"echo a,b > {SUBMISSION}", 1, "PassengerId"),
        (f"ln -s /home/data/sample_submission.csv {SUBMISSION}", 1, "symbolic link"),
    ],
)
def test_agent_faults_are_scored_without_a_medal(tmp_path: Path, script: str, made: int, words: str) -> None:
    log = run(tmp_path, shell(script), sandbox="docker")
    assert log.status == "success"
    assert log.samples
    assert log.samples[0].error is None
    assert value(log)["medal"] == "none"
    assert value(log)["valid"] == 0
    assert value(log)["made"] == made
    assert math.isnan(value(log)["score"])
    assert words in (score(log).explanation or "")


def test_the_check_answers_while_commands_of_agents_hold_every_slot(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("INSPECT_DOCKER_CLI_CONCURRENCY", "1")
    monkeypatch.setattr(endpoint, "_PATIENCE", 1)
    script = f"cp /home/data/sample_submission.csv {SUBMISSION}; sleep 3; /home/validate_submission.sh {SUBMISSION}"
    log = run(tmp_path, shell(script), sandbox="docker", time_limit=90)
    assert log.samples
    assert log.samples[0].limit is None
    assert "The submission is valid" in log.samples[0].output.completion


@solver
def loses_its_container(submission: str) -> Solver:
    """Puts a submission in place, loses its container, and ends as if nothing had happened."""

    async def solve(state: TaskState, generate: Generate) -> TaskState:
        state = await shell(f"cp /home/data/sample_submission.csv {submission}")(state, generate)
        container = (await sandbox().connection()).container
        subprocess.run(["docker", "kill", str(container)], check=True, capture_output=True, timeout=60)
        return state

    return solve


def test_an_agent_whose_container_was_killed_is_no_result(tmp_path: Path) -> None:
    log = run(tmp_path, loses_its_container(SUBMISSION), sandbox="docker")
    assert log.status == "error"
    assert score(log).reason == "sandbox_lost"
    assert (score(log).metadata or {})["outcome"] == "taken", "what was in place is kept all the same"

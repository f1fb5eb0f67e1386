"""The campaign's short form: a few faults of the cheap kinds, with a fixed seed, on the engine that all tests use."""

from __future__ import annotations

import random
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from campaign.agent import SOCKET
from campaign.answers import COMPETITIONS
from campaign.disk import Disk
from campaign.faults import Field, schedule
from campaign.room import Room
from campaign.rounds import Setting, disturbed, remove_containers, undisturbed
from campaign.verdicts import figures, right_results

pytestmark = pytest.mark.docker

KINDS = ("container_killed", "container_removed", "answers_moved", "grader_killed", "evaluation_killed")


def docker(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["docker", *arguments], capture_output=True, text=True, timeout=60)


@pytest.fixture
def here(tmp_path: Path) -> Iterator[tuple[Setting, Field]]:
    setting = Setting(tmp_path, COMPETITIONS[-2:], seeds=3, max_samples=3, seconds=1.0)
    mark = f"{SOCKET}={setting.socket}"
    field = Field(Room(setting.socket), docker, setting.data, mark, random.Random(0))
    if Disk.possible():
        field.disk = Disk(setting.temporary)
    yield setting, field
    if field.evaluation:
        field.evaluation.kill()
        field.evaluation.wait()
    remove_containers(setting, field)
    if field.disk:
        field.disk.end()


def test_what_is_disturbed_ends_as_what_is_not(here: tuple[Setting, Field]) -> None:
    setting, field = here
    calm = undisturbed(setting)
    right = right_results(setting.data, setting.competitions, setting.seeds)
    kinds = [*KINDS, *(["disk_full"] if field.disk else [])]
    report = disturbed(setting, field, schedule(kinds, 1, random.Random(0)), right)
    assert report.problems == []
    assert report.unused == []
    assert all(field.throws[kind] for kind in kinds)
    assert report.after == figures(calm)

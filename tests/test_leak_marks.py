"""Competitions whose published split gives labels away are marked: in lists, on their page, in the log."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from mlebench_inspect import cli
from mlebench_inspect.graders.submission import Revision
from mlebench_inspect.tasks import competition, competitions
from runs import run, score, shell

LEAKY, SOUND = "paddy-disease-classification", "spaceship-titanic"


@pytest.fixture(autouse=True)
def _no_data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLEBENCH_DATA_DIR", str(tmp_path))


def printed(*arguments: str) -> str:
    return CliRunner().invoke(cli.cli, arguments, catch_exceptions=False).stdout


def test_lists_mark_leaks() -> None:
    leaky = {c.id for c in competitions() if c.leaks}
    lines = printed("list").splitlines()
    marked = {line.split()[0] for line in lines[1:] if "leak" in line.split()}
    assert marked == leaky
    assert {row["id"] for row in json.loads(printed("list", "--json")) if row["leaks"]} == leaky
    for chosen, option in ((leaky, "--leaks"), ({c.id for c in competitions()} - leaky, "--no-leaks")):
        assert {row["id"] for row in json.loads(printed("list", option, "--json"))} == chosen


def test_pages_tell_a_leak_and_what_v2_does() -> None:
    found = competition(LEAKY)
    page = printed("show", LEAKY)
    text = " ".join(page.split())
    leak, others = text.index("Leaks of v1"), text.index("Other known issues of v1")
    (leak_text,) = (issue.text for issue in found.known_issues if issue.kind == "leak")
    assert leak < text.index(" ".join(leak_text.split())) < others < text.index(found.v2_changes[0])
    assert text.count(" ".join(leak_text.split())) == 1
    assert "Leaks of v1" not in printed("show", SOUND)
    assert json.loads(printed("show", LEAKY, "--json"))["leaks"] is True


@pytest.mark.parametrize(
    ("competition_id", "revision", "leaks"), [(LEAKY, "v1", True), (LEAKY, "v2", False), (SOUND, "v1", False)]
)
def test_the_log_marks_runs_on_data_with_a_leak(
    competition_id: str, revision: Revision, leaks: bool, tmp_path: Path
) -> None:
    log = run(tmp_path, shell("true"), task=competition_id, revision=revision)
    assert log.samples
    assert log.samples[0].metadata["leaks"] is leaks
    assert (score(log).metadata or {})["leaks"] is leaks

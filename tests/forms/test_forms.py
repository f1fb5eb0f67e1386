"""Verdicts on forms of a submission, as the published benchmark gives them."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from forms.frozen import Verdict, frozen_ids, load
from mlebench_inspect.tasks import competition, competition_ids

SHARES = {"base": 2, "header": 4, "layout": 6, "number": 8, "id": 4, "column": 3, "token": 4}
"""How many forms of each group the short test takes."""


def test_each_competition_has_its_forms() -> None:
    assert frozen_ids() == set(competition_ids())


@pytest.mark.parametrize("competition_id", sorted(frozen_ids()))
def test_some_forms(competition_id: str, tmp_path: Path) -> None:
    table = load(competition_id)
    assert len(table.verdicts["v1"]) >= 200
    assert set(table.verdicts["v1"]) == set(table.forms)
    _check(competition_id, _some(competition_id, list(table.forms)), tmp_path)


@pytest.mark.nightly
@pytest.mark.parametrize("competition_id", sorted(frozen_ids()))
def test_all_forms(competition_id: str, tmp_path: Path) -> None:
    _check(competition_id, list(load(competition_id).forms), tmp_path)


def _some(competition_id: str, names: list[str]) -> list[str]:
    """A few of each group, others for each competition, the same in each run."""
    chosen: list[str] = []
    for group, share in SHARES.items():
        members = [name for name in names if name.startswith(f"{group}/")]
        chosen += sorted(members, key=lambda name: hashlib.sha256(f"{competition_id} {name}".encode()).digest())[:share]
    return chosen


def _check(competition_id: str, names: list[str], folder: Path) -> None:
    """Grades forms and compares; where a difference is known, there must be one."""
    table = load(competition_id)
    table.lay_out(folder / "prepared")
    contents = table.forms
    differ = {}
    for revision, verdicts in table.verdicts.items():
        for name in names:
            found = _verdict(competition_id, contents[name], folder, revision)
            if (found == verdicts[name]) == (revision == "v1" and name in table.known):
                differ[f"{revision}: {name}"] = f"{found}, not {verdicts[name]}"
    assert differ == {}


def _verdict(competition_id: str, content: bytes, folder: Path, revision: str) -> Verdict:
    submission = folder / "submission.csv"
    submission.write_bytes(content)
    report = competition(competition_id).grade(submission, folder / "prepared" / "private", revision)
    if not report.valid_submission:
        return "invalid"
    return "undefined" if report.score is None else report.score

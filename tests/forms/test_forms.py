"""Verdicts on forms of a submission, as descriptions of the published graders imply them."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from forms.frozen import Frozen, Verdict, frozen_ids, load
from mlebench_inspect.tasks import competition, competition_ids

SHARES = {"base": 2, "header": 3, "layout": 5, "number": 8, "id": 4, "column": 2, "token": 3}
"""How many forms of each group the short test takes."""


def test_each_competition_has_its_forms() -> None:
    assert frozen_ids() == set(competition_ids())


@pytest.mark.parametrize("competition_id", sorted(frozen_ids()))
def test_some_forms(competition_id: str, tmp_path: Path) -> None:
    table = load(competition_id)
    forms = table.forms
    assert len(forms) >= 200
    assert all(set(verdicts) == set(forms) for verdicts in table.verdicts.values())
    assert set(table.known) <= set(forms)
    some = _some(competition_id, list(forms))
    assert _differences(competition_id, table, {name: forms[name] for name in some}, tmp_path) == {}


@pytest.mark.nightly
@pytest.mark.parametrize("competition_id", sorted(frozen_ids()))
def test_all_forms(competition_id: str, tmp_path: Path) -> None:
    table = load(competition_id)
    assert _differences(competition_id, table, table.forms, tmp_path) == {}


def _some(competition_id: str, names: list[str]) -> list[str]:
    """A few of each group, others for each competition, the same in each run."""
    chosen: list[str] = []
    for group, share in SHARES.items():
        members = [name for name in names if name.startswith(f"{group}/")]
        chosen += sorted(members, key=lambda name: hashlib.sha256(f"{competition_id} {name}".encode()).digest())[:share]
    return chosen


def _differences(competition_id: str, table: Frozen, forms: dict[str, bytes], folder: Path) -> dict[str, str]:
    """Grades forms and says which verdicts are not the table's; where a difference is known, there must be one."""
    table.lay_out(folder / "prepared")
    differ = {}
    for revision, verdicts in table.verdicts.items():
        for name, content in forms.items():
            found = _verdict(competition_id, content, folder, revision)
            if (found == verdicts[name]) == (name in table.known):
                differ[f"{revision}: {name}"] = f"{found}, not {verdicts[name]}"
    return differ


def _verdict(competition_id: str, content: bytes, folder: Path, revision: str) -> Verdict:
    submission = folder / "submission.csv"
    submission.write_bytes(content)
    report = competition(competition_id).grade(submission, folder / "prepared" / "private", revision)  # type: ignore[arg-type]
    if not report.valid_submission:
        return "invalid"
    return "undefined" if report.score is None else report.score

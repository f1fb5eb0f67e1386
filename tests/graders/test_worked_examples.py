"""The worked examples beside each grader (`tasks/<id>/examples.yaml`), read as one table."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from mlebench_inspect.checks import examples
from mlebench_inspect.graders.submission import Revision
from mlebench_inspect.reporting.validity import OTHER, invalid_kind
from mlebench_inspect.tasks import competition, competition_ids


def cases() -> list[Any]:
    return [
        pytest.param(i, revision, case, id=f"{i}-{revision}-{number}-{case['name']}")
        for i in competition_ids()
        for number, revision, case in examples.cases(competition(i))
    ]


@pytest.mark.parametrize(("competition_id", "revision", "case"), cases())
def test_example(competition_id: str, revision: Revision, case: dict[str, Any], tmp_path: Path) -> None:
    report = examples.compare(competition(competition_id), revision, case, tmp_path)
    if "score" in case:
        assert report.error is None
        assert report.valid_submission
    else:
        assert report.score is None
        assert report.medal == "none"
        assert invalid_kind(report.error or "") != OTHER


@pytest.mark.parametrize("competition_id", competition_ids())
def test_every_competition_has_examples(competition_id: str) -> None:
    path = competition(competition_id).folder / "examples.yaml"
    found = yaml.safe_load(path.read_text(encoding="utf-8"))
    assert sum("score" in case for case in found) >= 2
    assert any("invalid" in case for case in found)

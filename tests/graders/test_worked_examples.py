"""The worked examples beside each grader (`tasks/<id>/examples.yaml`), read as one table.

A case gives the answers and a submission as CSV text and either the score or words that the message must hold. Answers
that a case leaves out are those of the case before.
"""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
import yaml

from mlebench_inspect.graders import InvalidSubmission
from mlebench_inspect.graders.reading import read_submission, read_table
from mlebench_inspect.reporting.validity import OTHER, invalid_kind
from mlebench_inspect.tasks import Competition, competition, competition_ids


def cases() -> list[Any]:
    table = []
    for competition_id in competition_ids():
        path = competition(competition_id).folder / "examples.yaml"
        answers = None
        for number, case in enumerate(yaml.safe_load(path.read_text(encoding="utf-8")) if path.exists() else []):
            answers = case["answers"] = case.get("answers", answers)
            for revision in case.get("revisions", ["v1"]):
                name = f"{competition_id}-{revision}-{number}-{case['name']}"
                table.append(pytest.param(competition_id, revision, case, id=name))
    return table


@pytest.mark.parametrize(("competition_id", "revision", "case"), cases())
def test_example(competition_id: str, revision: Any, case: dict[str, Any], tmp_path: Path) -> None:
    found = competition(competition_id)
    for path, text in {found.answers: case["answers"], **case.get("files", {})}.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text, encoding="utf-8")
    sample = tmp_path / found.sample_submission
    sample.parent.mkdir(parents=True, exist_ok=True)
    if not sample.exists():
        sample.write_text(case.get("sample", case["submission"]), encoding="utf-8")
    submission = tmp_path / "submission.csv"
    submission.write_text(case["submission"], encoding="utf-8")
    report = found.grade(submission, tmp_path / "private", revision)
    assert not (report.valid_submission and refused_by_check(found, tmp_path / found.answers, submission, revision))
    if "score" in case:
        assert report.error is None
        assert report.valid_submission
        assert report.score == case["score"]
    else:
        assert not report.valid_submission
        assert report.score is None
        assert report.medal == "none"
        assert invalid_kind(report.error or "") != OTHER
        for words in case["invalid"]:
            assert words in (report.error or "")


def refused_by_check(found: Competition, answers: Path, submission: Path, revision: Any) -> str | None:
    """Why the check refuses a submission, with the ids of the answers in the place of the sample submission's."""
    grader: Any = import_module(f"mlebench_inspect.tasks.{found.folder.name}.grade")
    options = getattr(grader, "READ_CSV", {}).get(revision, {})
    known = getattr(grader, "read_answers", lambda path, options: read_table(path, **options))(answers, options)
    try:
        grader.checked(known, read_submission(submission, **options), revision)
    except InvalidSubmission as ex:
        return str(ex)
    return None


@pytest.mark.parametrize("competition_id", competition_ids())
def test_every_competition_has_examples(competition_id: str) -> None:
    path = competition(competition_id).folder / "examples.yaml"
    found = yaml.safe_load(path.read_text(encoding="utf-8"))
    assert sum("score" in case for case in found) >= 2
    assert any("invalid" in case for case in found)

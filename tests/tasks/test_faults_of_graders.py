"""What an unforeseen fault of a grader says: it may quote answers, so agents must not read it."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

import pandas as pd
import pytest

from mlebench_inspect.tasks import MAX_DETAIL, UNFORESEEN, competition, competition_ids

CANARY = "canary-7f3a"


class Fault(Exception):
    """None of the exceptions that a grader foresees."""


@pytest.mark.parametrize("revision", ["v1", "v2"])
@pytest.mark.parametrize("competition_id", competition_ids())
def test_the_text_of_an_unforeseen_exception_is_kept_from_the_agent(
    competition_id: str, revision: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = competition(competition_id)
    for file in (found.answers, found.sample_submission):
        (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / file).write_text("sample\n1\n")
    submission = tmp_path / "submission.csv"
    submission.write_text("theirs\n1\n")

    def broken(answers: object, table: pd.DataFrame, revision: str) -> float:
        if "theirs" in table.columns:
            raise Fault(f"{CANARY} {'x' * 10_000}")
        return 0.5

    grader = import_module(f"mlebench_inspect.tasks.{found.folder.name}.grade")
    monkeypatch.setattr(grader, "grade", broken)
    monkeypatch.setattr(grader, "READ_CSV", {}, raising=False)
    monkeypatch.setattr(grader, "read_answers", lambda path, options: pd.DataFrame(), raising=False)
    report = found.grade(submission, tmp_path / "private", revision)  # type: ignore[arg-type]
    assert not report.valid_submission
    assert report.error == UNFORESEEN
    assert (report.detail or "").startswith(f"Fault: {CANARY}")
    assert len(report.detail or "") <= MAX_DETAIL + len("Fault: ")
    public = report.model_dump_json(exclude={"detail"})
    assert CANARY not in public
    assert "Fault" not in public

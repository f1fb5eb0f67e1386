"""What an unforeseen fault of a grader says: its words may quote answers, so neither agents nor logs have them."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

import pandas as pd
import pytest

from mlebench_inspect.tasks import UNFORESEEN, GradingError, competition, competition_ids

CANARY = "canary-7f3a"


class Fault(Exception):
    """None of the exceptions that a grader foresees."""


@pytest.mark.parametrize("revision", ["v1", "v2"])
@pytest.mark.parametrize("competition_id", competition_ids())
def test_the_words_of_an_unforeseen_exception_are_kept_from_agents_and_logs(
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
    assert (report.detail or "").startswith("Fault at ")
    assert f"{Path(__file__).name}:" in (report.detail or "")
    assert CANARY not in report.model_dump_json()
    assert "Fault" not in report.model_dump_json(exclude={"detail"})
    submission.write_text("sample\n1\n")
    monkeypatch.setattr(grader, "grade", always_broken)
    with pytest.raises(GradingError) as raised:
        found.grade(submission, tmp_path / "private", revision)  # type: ignore[arg-type]
    assert "Fault at " in str(raised.value)
    assert CANARY not in str(raised.value)
    monkeypatch.setattr(grader, "read_answers", always_broken, raising=False)
    with pytest.raises(GradingError) as raised:
        found.grade(submission, tmp_path / "private", revision)  # type: ignore[arg-type]
    assert "Fault at " in str(raised.value)
    assert CANARY not in str(raised.value)


def always_broken(*arguments: object) -> float:
    raise Fault(CANARY)

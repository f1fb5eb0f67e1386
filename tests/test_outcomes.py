"""What an outcome is worth where there is nothing to grade, and why there is no score."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from inspect_ai.util import Store as SampleStore

from mlebench_inspect.data.store import Store
from mlebench_inspect.run.grading import Unscored, grade_outcome
from mlebench_inspect.run.outcome import Ending, SubmissionRecord, is_interrupt
from mlebench_inspect.tasks import competition

FOUND = competition("spaceship-titanic")


def ended(fault: Any = None, error: str | None = None) -> Ending:
    return Ending(fault=fault, error=error)


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("record", "reason", "words"),
    [
        ({"started": 0.0, "ending": ended("agent", "no image")}, "setup_failed", "no image"),
        ({"ending": ended("model", "429")}, "model_unavailable", "429"),
        ({"ending": ended("model")}, "model_unavailable", "the model's provider failed"),
        ({"ending": ended("host", "restic: no space")}, "setup_failed", "restic: no space"),
        ({"ending": ended("host")}, "setup_failed", "a checkpoint failed"),
        ({"unfit": "there is no git"}, "setup_failed", "there is no git"),
        ({}, "never_taken", "before the submission could be taken out"),
        ({"outcome": "unreachable", "cause": "timed out"}, "unreachable", "timed out"),
        ({"outcome": "missing", "interrupted": "sandbox"}, "sandbox_lost", "the sandbox ended"),
        (
            {"outcome": "taken", "interrupted": "engine", "ending": ended("agent", "EOF")},
            "sandbox_lost",
            "the engine was away while the agent was at work: EOF",
        ),
        ({"outcome": "missing", "ending": ended("cancelled"), "cause": "gone"}, "cancelled", "gone"),
        ({"outcome": "taken"}, "answers_missing", "is not prepared"),
    ],
)
async def test_whatever_is_no_doing_of_the_agent_s_has_no_score(
    tmp_path: Path, record: dict[str, Any], reason: str, words: str
) -> None:
    store = Store.open(tmp_path, "miniature")
    with pytest.raises(Unscored, match=words) as raised:
        await grade_outcome(
            SubmissionRecord(**{"store": SampleStore(), "started": 1.0, **record}), FOUND, store, max_bytes=100
        )
    assert raised.value.reason == reason


@pytest.mark.anyio
@pytest.mark.parametrize(("outcome", "exists"), [("missing", False), ("refused", True)])
async def test_what_the_agent_left_undone_is_a_result(tmp_path: Path, outcome: Any, exists: bool) -> None:
    record = SubmissionRecord(store=SampleStore(), started=1.0, outcome=outcome, cause="it is a folder")
    report = await grade_outcome(record, FOUND, Store.open(tmp_path, "miniature"), max_bytes=100)
    assert (report.submission_exists, report.valid_submission, report.medal) == (exists, False, "none")
    assert report.error == "it is a folder"


@pytest.mark.parametrize(
    ("message", "is_one"),
    [("CancelledError()", True), ("Cancelled by user", True), ("ValueError: Cancelled", False), ("", False)],
)
def test_what_is_an_interrupt(message: str, is_one: bool) -> None:
    assert is_interrupt(message) is is_one

"""How often the submission check is answered, and what is said where nobody can tell."""

from __future__ import annotations

import time

import pytest
from inspect_ai.log import transcript
from inspect_ai.util import Store

from mlebench_inspect.run import validation
from mlebench_inspect.run.validation import OUT_OF_ORDER, Validation, check_candidate, check_submission


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The files that were looked at; each is found valid."""
    files: list[str] = []

    async def check(settings: Validation, path: str, *, uploaded: bool = False) -> str:
        files.append(path)
        return "The submission is valid."

    monkeypatch.setattr(validation, "_check", check)
    return files


@pytest.mark.anyio
async def test_a_run_and_a_minute_have_so_many_checks(asked: list[str]) -> None:
    settings = Validation(store=Store())
    for _ in range(validation.MAX_CHECKS_A_MINUTE):
        assert await check_submission(settings) == "The submission is valid."
    assert "checks a minute are answered; ask again later" in await check_submission(settings)
    settings.recent = [time.time() - 61] * validation.MAX_CHECKS_A_MINUTE
    assert await check_submission(settings) == "The submission is valid."
    settings.recent, settings.count = [], validation.MAX_CHECKS
    assert "checks are answered in one run" in await check_submission(settings)
    assert len(asked) == validation.MAX_CHECKS_A_MINUTE + 1


@pytest.mark.anyio
async def test_of_a_candidate_that_nobody_can_judge_nothing_is_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    answers = iter([OUT_OF_ORDER, OUT_OF_ORDER, "Invalid: no column y", *[OUT_OF_ORDER] * 3])

    async def check(settings: Validation, path: str) -> str:
        return next(answers)

    monkeypatch.setattr(validation, "_check", check)
    settings, before = Validation(store=Store()), len(transcript().events)
    assert await check_candidate(settings, "/x.csv") == "no column y"
    assert len(transcript().events) == before
    assert await check_candidate(settings, "/x.csv") is None
    (event,) = transcript().events[before:]
    assert event.event == "info"
    assert "Nobody can tell whether /x.csv is valid" in str(event.data)

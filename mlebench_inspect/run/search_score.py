"""Scores of candidates for agents, on a hidden part of the training data. Nothing here reads the test set's answers."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import anyio
from inspect_ai.log import transcript
from inspect_ai.tool import Tool, tool
from inspect_ai.util import StoreModel, store_as
from pydantic import Field

from mlebench_inspect.data.store import Store
from mlebench_inspect.graders.report import GradingReport
from mlebench_inspect.run.grading import score_held_back
from mlebench_inspect.run.outcome import SubmissionRecord
from mlebench_inspect.run.validation import DEADLINE, TOO_LATE, Validation, report_on
from mlebench_inspect.tasks import competition

MAX_SCORES = 10_000
MAX_SCORES_A_MINUTE = 20


class SearchScores(StoreModel):
    """What an agent asked for; one of a sample."""

    count: int = 0
    """How often it asked."""
    recent: list[float] = Field(default_factory=list)
    """When it asked within the last minute, in seconds since the epoch."""
    scores: list[tuple[int, float | None]] = Field(default_factory=list)
    """Seconds since the agent began, and the score; None where there was none."""


async def score_predictions_file(settings: Validation, path: str, *, uploaded: bool = False) -> str:
    """As `score_candidate`: the line alone."""
    return (await score_candidate(settings, path, uploaded=uploaded))[0]


async def score_candidate(settings: Validation, path: str, *, uploaded: bool = False) -> tuple[str, float | None]:
    """Takes predictions for the held-back part out and says how good they are; notes the question in the transcript.

    Args:
        settings: The sample's.
        path: The file in the sandbox.
        uploaded: Whether it is one that the endpoint received.

    Returns:
        One line: the score, or what is wrong with the file. Of the held-back labels it tells nothing else. And the
        score, if there is one.
    """
    asked, now = store_as(SearchScores), time.time()
    recent = [t for t in asked.recent if now - 60 < t <= now]
    if asked.count >= MAX_SCORES:
        return f"No more than {MAX_SCORES} predictions are scored in one run.", None
    if len(recent) >= MAX_SCORES_A_MINUTE:
        return f"No more than {MAX_SCORES_A_MINUTE} predictions a minute are scored; ask again later.", None
    asked.recent = [*recent, now]
    asked.count += 1
    answer, score = TOO_LATE, None
    with anyio.move_on_after(DEADLINE):
        answer, score = await _scored(settings, path, uploaded)
    asked.scores = [*asked.scores, (round(now - (store_as(SubmissionRecord).started or now)), score)]
    by = "endpoint" if uploaded else "tool"
    transcript().info({"scoring": asked.count, "asked by": by, "answer": answer}, source="mlebench")
    return answer, score


async def _scored(settings: Validation, path: str, uploaded: bool) -> tuple[str, float | None]:
    """The answer, and the score in it."""
    found = competition(settings.competition_id)
    store = Store.open(settings.data_dir, settings.data, settings.revision, settings.search_score)  # type: ignore[arg-type]

    async def score(file: Path) -> GradingReport:
        return await score_held_back(found, file, store, max_bytes=settings.max_bytes, timeout=DEADLINE)

    report = await report_on(settings, path, score, uploaded=uploaded)
    return (report, None) if isinstance(report, str) else (told(report), report.score)


def told(report: GradingReport) -> str:
    """What the agent hears: score, metric and direction, or the fault of the format."""
    if not report.valid_submission:
        return f"Invalid: {report.error}."
    if report.score is None:
        return f"The predictions are valid, but {report.score_note}."
    direction = "lower" if report.is_lower_better else "higher"
    return f"Score on the held-back part: {report.score} ({report.metric}, {direction} is better)."


def summary(share: float, asked: SearchScores) -> dict[str, Any]:
    """What a score's metadata says of the search."""
    known = [score for _, score in asked.scores if score is not None]
    return {
        "search_score": share,
        "search": {"asked": asked.count, "scored": len(known), "last": known[-1] if known else None},
    }


@tool
def score_predictions() -> Tool:
    """The scoring as a tool."""

    async def execute(path: str) -> str:
        """Score predictions for the held-back part of the training data, to compare candidates.

        Args:
            path: CSV file with predictions for the rows of the held-back part's sample submission, in its format.

        Returns:
            The score by the competition's metric, or what is wrong with the file.
        """
        return await score_predictions_file(store_as(Validation), path.strip())

    return execute

"""The validity check for agents: valid, or what is wrong. Never a score."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeVar

import anyio
from inspect_ai.log import transcript
from inspect_ai.tool import Tool, tool
from inspect_ai.util import StoreModel, concurrency, store_as
from pydantic import Field

from mlebench_inspect.data.store import Store
from mlebench_inspect.graders.report import CheckReport, GradingReport
from mlebench_inspect.run.grading import Exhausted, check_file
from mlebench_inspect.run.limits import CHECK_SLOTS
from mlebench_inspect.run.outcome import SubmissionRecord, copying, scratch
from mlebench_inspect.sandboxes.extraction import Missing, Refused
from mlebench_inspect.sandboxes.host import HostError
from mlebench_inspect.sandboxes.providers import provider
from mlebench_inspect.tasks import GradingError, competition

Report = TypeVar("Report", CheckReport, GradingReport)

MAX_CHECKS = 1000
MAX_CHECKS_A_MINUTE = 20
DEADLINE = 120.0
"""Seconds within which a check is answered, waiting for others included."""
SLOTS = CHECK_SLOTS
TOO_LATE = (
    f"The check could not be answered within {DEADLINE:.0f} seconds; this says nothing about your file. Ask again."
)
TOO_LARGE = "The file is too large to be checked; write no more than is needed, as in the sample submission"
OUT_OF_ORDER = "The check does not work at the moment; this says nothing about your file."


class Validation(StoreModel):
    """What the check needs to know of the sample; set before the agent starts."""

    competition_id: str = ""
    provider: str = "docker"
    data_dir: str | None = None
    data: str = "real"
    revision: str = "v1"
    max_bytes: int = 0
    search_score: float | None = None
    """The share of the training data that is held back; None where nothing is scored."""
    count: int = 0
    """How often the agent asked."""
    recent: list[float] = Field(default_factory=list)
    """When it asked within the last minute, in seconds since the epoch."""


async def check_submission(settings: Validation, uploaded: str | None = None) -> str:
    """Takes the submission out and says whether it is valid; notes the question in the transcript.

    Args:
        settings: The sample's.
        uploaded: File in the sandbox that the endpoint received; default: the submission that lies in place.

    Returns:
        One line: valid, or what is wrong. Nothing in it depends on the answers, which no part of a check reads.
    """
    now = time.time()
    recent = [t for t in settings.recent if now - 60 < t <= now]
    if settings.count >= MAX_CHECKS:
        return f"No more than {MAX_CHECKS} checks are answered in one run."
    if len(recent) >= MAX_CHECKS_A_MINUTE:
        return f"No more than {MAX_CHECKS_A_MINUTE} checks a minute are answered; ask again later."
    settings.recent = [*recent, now]
    settings.count += 1
    answer = TOO_LATE
    with anyio.move_on_after(DEADLINE):
        path = uploaded or provider(settings.provider).paths.submission_file
        answer = await _check(settings, path, uploaded=uploaded is not None)
    asked = "endpoint" if uploaded else "tool"
    transcript().info({"check": settings.count, "asked by": asked, "answer": answer}, source="mlebench")
    return answer


async def check_candidate(settings: Validation, path: str) -> str | None:
    """What is wrong with a file that may become the submission; None if nothing is, or if that cannot be told.

    This is for scaffolds of our own, which ask once for each solution; it is no question of the agent's.

    Args:
        settings: The sample's.
        path: The file in the sandbox.
    """
    for _ in range(3):
        answer = TOO_LATE
        with anyio.move_on_after(DEADLINE):
            answer = await _check(settings, path)
        if answer not in (TOO_LATE, OUT_OF_ORDER):
            return None if answer.startswith("The submission is valid") else answer.removeprefix("Invalid: ")
    transcript().info(f"Nobody can tell whether {path} is valid: {answer}", source="mlebench")
    return None


async def what_is_wrong() -> str | None:
    """With the submission in place, asked where an agent wants to end: no question of the agent's.

    None if nothing is, or if that cannot be told.
    """
    settings = store_as(Validation)
    return await check_candidate(settings, provider(settings.provider).paths.submission_file)


async def _check(settings: Validation, path: str, *, uploaded: bool = False) -> str:
    found = competition(settings.competition_id)
    store = Store.open(settings.data_dir, settings.data, settings.revision)  # type: ignore[arg-type]

    async def check(file: Path) -> CheckReport:
        return await check_file(found, file, store, max_bytes=settings.max_bytes, timeout=DEADLINE)

    report = await report_on(settings, path, check, uploaded=uploaded)
    if isinstance(report, str):
        return report
    if not report.valid:
        return f"Invalid: {report.error}."
    return "The submission is valid." + (f" But mind: {report.notice}." if report.notice else "")


async def report_on(
    settings: Validation, path: str, judge: Callable[[Path], Awaitable[Report]], *, uploaded: bool
) -> Report | str:
    """What `judge` says of a file of the sandbox, or the answer where it cannot be judged.

    Neither the place nor the processes of a final grading are used, so nothing that an agent asks delays one.

    Args:
        settings: The sample's.
        path: The file in the sandbox.
        judge: Is given a copy; runs in a process with limits.
        uploaded: Whether it is one that the endpoint received.
    """
    shown = "the uploaded file" if uploaded else path
    try:
        async with concurrency("mlebench-check", SLOTS, visible=False), scratch() as folder:
            file = folder / "submission.csv"
            async with copying("mlebench-check-copy"):
                await provider(settings.provider).take_out(
                    store_as(SubmissionRecord).handle,
                    path,
                    file,
                    settings.max_bytes,
                    as_root=uploaded,
                    timeout=DEADLINE,
                )
            return await judge(file)
    except Missing:
        return OUT_OF_ORDER if uploaded else f"Invalid: there is no file {path}."
    except Refused as ex:
        return f"Invalid: {shown} is refused: {ex}."
    except Exhausted as ex:
        return TOO_LATE if ex.what == "time" else f"{TOO_LARGE} (it {ex})."
    except (GradingError, HostError) as ex:
        transcript().info(f"A file could not be judged: {ex}", source="mlebench")
        return OUT_OF_ORDER


@tool
def validate_submission() -> Tool:
    """The check as a tool."""

    async def execute() -> str:
        """Check whether the submission file that lies in place has the right format. Never tells a score.

        Returns:
            Whether the submission is valid, or what is wrong with it.
        """
        return await check_submission(store_as(Validation))

    return execute

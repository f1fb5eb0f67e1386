"""The validity check for agents: valid, or what is wrong. Never a score."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

from inspect_ai.log import transcript
from inspect_ai.tool import Tool, tool
from inspect_ai.util import StoreModel, store_as
from pydantic import Field

from mlebench_inspect.artifacts import SubmissionRecord
from mlebench_inspect.data.store import Store
from mlebench_inspect.grading import grade_submission
from mlebench_inspect.sandboxes.extraction import Missing, Refused
from mlebench_inspect.sandboxes.provider import provider
from mlebench_inspect.tasks import GradingError, competition

MAX_CHECKS = 1000
MAX_CHECKS_A_MINUTE = 20
OUT_OF_ORDER = "The check does not work at the moment; this says nothing about your file."


class Validation(StoreModel):
    """What the check needs to know of the sample; set before the agent starts."""

    competition_id: str = ""
    provider: str = "docker"
    data_dir: str | None = None
    data: str = "real"
    revision: str = "v1"
    max_bytes: int = 0
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
        One line: valid, or what is wrong. Nothing in it depends on the answers' values.
    """
    now = time.time()
    recent = [t for t in settings.recent if now - 60 < t <= now]
    if settings.count >= MAX_CHECKS:
        return f"No more than {MAX_CHECKS} checks are answered in one run."
    if len(recent) >= MAX_CHECKS_A_MINUTE:
        return f"No more than {MAX_CHECKS_A_MINUTE} checks a minute are answered; ask again later."
    settings.recent = [*recent, now]
    settings.count += 1
    answer = await _check(settings, uploaded)
    asked = "endpoint" if uploaded else "tool"
    transcript().info({"check": settings.count, "asked by": asked, "answer": answer}, source="mlebench")
    return answer


async def _check(settings: Validation, uploaded: str | None) -> str:
    box = provider(settings.provider)
    store = Store.open(settings.data_dir, settings.data, settings.revision)  # type: ignore[arg-type]
    path = box.paths.submission_file
    shown = "the uploaded file" if uploaded else path
    with tempfile.TemporaryDirectory(prefix="mlebench-check-") as folder:
        file = Path(folder) / "submission.csv"
        handle = store_as(SubmissionRecord).handle
        try:
            await box.take_out(handle, uploaded or path, file, settings.max_bytes, as_root=uploaded is not None)
        except Missing:
            return OUT_OF_ORDER if uploaded else f"Invalid: there is no file {path}."
        except Refused as ex:
            return f"Invalid: {shown} is refused: {ex}."
        try:
            report = await grade_submission(
                competition(settings.competition_id), file, store, max_bytes=settings.max_bytes
            )
        except GradingError:
            return OUT_OF_ORDER
    return "The submission is valid." if report.valid_submission else f"Invalid: {report.error}."


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

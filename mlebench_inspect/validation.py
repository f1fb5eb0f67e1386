"""The validity check for agents: valid, or what is wrong. Never a score."""

from __future__ import annotations

import tempfile
from pathlib import Path

from inspect_ai.log import transcript
from inspect_ai.tool import Tool, tool
from inspect_ai.util import StoreModel, store_as

from mlebench_inspect.artifacts import SubmissionRecord
from mlebench_inspect.data.store import Store
from mlebench_inspect.grading import grade_submission
from mlebench_inspect.sandboxes.extraction import Missing, Refused
from mlebench_inspect.sandboxes.provider import provider
from mlebench_inspect.tasks import GradingError, competition

MAX_CHECKS = 1000


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


async def check_submission(settings: Validation) -> str:
    """Takes the submission out and says whether it is valid; notes the question in the transcript.

    Returns:
        One line: valid, or what is wrong. Nothing in it depends on the answers' values.
    """
    if settings.count >= MAX_CHECKS:
        return f"No more than {MAX_CHECKS} checks are answered in one run."
    settings.count += 1
    answer = await _check(settings)
    transcript().info({"check": settings.count, "answer": answer}, source="mlebench")
    return answer


async def _check(settings: Validation) -> str:
    box = provider(settings.provider)
    store = Store.open(settings.data_dir, settings.data, settings.revision)  # type: ignore[arg-type]
    path = box.paths.submission_file
    with tempfile.TemporaryDirectory(prefix="mlebench-check-") as folder:
        file = Path(folder) / "submission.csv"
        try:
            await box.take_out(store_as(SubmissionRecord).handle, path, file, settings.max_bytes)
        except Missing:
            return f"Invalid: there is no file {path}."
        except Refused as ex:
            return f"Invalid: {path} is refused: {ex}."
        try:
            report = await grade_submission(
                competition(settings.competition_id), file, store, max_bytes=settings.max_bytes
            )
        except GradingError:
            return "The check does not work at the moment; this says nothing about your file."
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

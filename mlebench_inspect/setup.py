"""What is done in every sample before the agent starts, whichever agent that is."""

from __future__ import annotations

import time

from inspect_ai.solver import Generate, Solver, TaskState, solver
from inspect_ai.util import sample_limits

from mlebench_inspect.artifacts import SubmissionRecord, evaluation_id, log_folder
from mlebench_inspect.instructions import TIME_PLACE, time_budget
from mlebench_inspect.metrics import task_of
from mlebench_inspect.sandboxes.provider import provider
from mlebench_inspect.snapshots import watch
from mlebench_inspect.validation import Validation


@solver
def prepare_sample(
    data_dir: str | None, data: str, revision: str, max_submission_bytes: int, snapshot_every: float | None
) -> Solver:
    """Tells the agent its time, makes the submission check ready, and starts the snapshots.

    Args:
        data_dir: Data folder.
        data: `real` or `miniature`.
        revision: Revision of the prepared data.
        max_submission_bytes: Larger submissions are invalid.
        snapshot_every: Seconds between snapshots; None for none.
    """

    async def solve(state: TaskState, generate: Generate) -> TaskState:
        meta = state.metadata
        box = provider(meta["provider"])
        record = state.store_as(SubmissionRecord)
        record.handle = await box.handle()
        record.task = task_of(evaluation_id())
        record.log_folder = str(log_folder().absolute())
        check = state.store_as(Validation)
        check.competition_id, check.provider = meta["competition"], box.name
        check.data_dir, check.data, check.revision = data_dir, data, revision
        check.max_bytes = max_submission_bytes
        record.time_limit = sample_limits().time.limit
        message = state.user_prompt
        message.text = message.text.replace(TIME_PLACE, time_budget(record.time_limit), 1)
        record.started = time.time()
        if snapshot_every:
            watch(state, box, every=snapshot_every, max_bytes=max_submission_bytes)
        return state

    return solve

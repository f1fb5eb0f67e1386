"""What is done in every sample before the agent starts, whichever agent that is."""

from __future__ import annotations

from inspect_ai.solver import Generate, Solver, TaskState, solver
from inspect_ai.util import sample_limits

from mlebench_inspect.artifacts import SubmissionRecord, evaluation_id, log_folder
from mlebench_inspect.instructions import TIME_PLACE, time_budget
from mlebench_inspect.metrics import note_start
from mlebench_inspect.sandboxes.provider import provider
from mlebench_inspect.validation import Validation


@solver
def prepare_sample(data_dir: str | None, data: str, revision: str, max_submission_bytes: int) -> Solver:
    """Notes the sample for the denominators, tells the agent its time, and makes the submission check ready."""

    async def solve(state: TaskState, generate: Generate) -> TaskState:
        meta = state.metadata
        note_start(
            evaluation_id(),
            meta["competition"],
            state.epoch,
            {"complexity": meta["complexity"], "category": meta["category"]},
        )
        box = provider(meta["provider"])
        record = state.store_as(SubmissionRecord)
        record.handle = await box.handle()
        record.evaluation = evaluation_id()
        record.log_folder = str(log_folder().absolute())
        check = state.store_as(Validation)
        check.competition_id, check.provider = meta["competition"], box.name
        check.data_dir, check.data, check.revision = data_dir, data, revision
        check.max_bytes = max_submission_bytes
        message = state.user_prompt
        message.text = message.text.replace(TIME_PLACE, time_budget(sample_limits().time.limit), 1)
        return state

    return solve

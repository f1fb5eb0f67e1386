"""What is done in every sample before the agent starts, whichever agent that is."""

from __future__ import annotations

import logging
import time

from inspect_ai.solver import Generate, Solver, TaskState, solver
from inspect_ai.util import sample_limits, sandbox

from mlebench_inspect.artifacts import SubmissionRecord, evaluation_id, log_folder
from mlebench_inspect.environment import Environment, check_requirements, record_environment
from mlebench_inspect.instructions import TIME_PLACE, time_budget
from mlebench_inspect.metrics import task_of
from mlebench_inspect.sandboxes.provider import Provider, guest_file, provider
from mlebench_inspect.service import (
    agents_at_work,
    put_file,
    serve_endpoint,
    start_watching,
    too_few_commands,
    watch_disk,
)
from mlebench_inspect.snapshots import watch
from mlebench_inspect.validation import Validation

logger = logging.getLogger(__name__)
_warned = False


class NoIsolation(RuntimeError):
    """A model was about to act in a sandbox that isolates nothing."""


@solver
def prepare_sample(
    data_dir: str | None,
    data: str,
    revision: str,
    max_submission_bytes: int,
    snapshot_every: float | None,
    *,
    max_disk_bytes: int = 0,
    allow_local: bool = False,
) -> Solver:
    """Checks and records the sandbox, tells the agent its time, makes the submission check ready, starts the snapshots.

    Args:
        data_dir: Data folder.
        data: `real` or `miniature`.
        revision: Revision of the prepared data.
        max_submission_bytes: Larger submissions are invalid.
        snapshot_every: Seconds between snapshots; None for none.
        max_disk_bytes: Ends a sample that writes more to its disk; 0 for no limit.
        allow_local: Let a model act in a sandbox without isolation.

    Raises:
        NoIsolation: A model is to act without isolation.
        UnfitSandbox: The image lacks what every run needs.
    """

    async def solve(state: TaskState, generate: Generate) -> TaskState:
        meta = state.metadata
        box = provider(meta["provider"])
        if not box.isolated and not allow_local and state.model.api not in ("none", "mockllm"):
            raise NoIsolation(
                f"the {box.name} sandbox isolates nothing: the model {state.model} could read the answers and change "
                "your files. Use -T sandbox=docker, --model none for a solver that calls no model, or insist with "
                "-T allow_local=true"
            )
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
        await _furnish(box, message.text)
        await check_requirements(sandbox(), box.paths)
        await record_environment(sandbox(), box, record.handle, state.store_as(Environment))
        start_watching(record.handle)
        if box.root:
            await serve_endpoint(box, record.handle, check)
        if max_disk_bytes:
            watch_disk(box, record.handle, max_disk_bytes)
        _warn_of_waiting()
        record.started = time.time()
        if snapshot_every:
            watch(state, box, every=snapshot_every, max_bytes=max_submission_bytes)
        return state

    return solve


async def _furnish(box: Provider, instructions: str) -> None:
    """Puts the instructions and, where there is an endpoint, its script into the sandbox."""
    files = {box.paths.instructions: instructions}
    if box.root:
        files[box.paths.check] = guest_file("validate_submission.sh")
    for path, text in files.items():
        result = await sandbox().exec(put_file(path), input=text, user=box.root, timeout=120)
        if not result.success:
            raise RuntimeError(f"{path} cannot be written in the sandbox: {result.stderr.strip()[:300]}")


def _warn_of_waiting() -> None:
    global _warned
    from inspect_ai.util._subprocess import max_subprocesses_context_var

    text = too_few_commands(agents_at_work(), max_subprocesses_context_var.get())
    if text and not _warned:
        _warned = True
        logger.warning(text)

"""Checkpoints within a sample: what belongs to one beside the agent's own state, and how a sample is taken up again.

Inspect keeps the conversation, the store and the time used, in a folder that it backs up with restic. The agent's files
are put there, too, by the agent's own user: Inspect's own copying runs as root, which has no capabilities here.
"""

from __future__ import annotations

import contextlib
import copy
import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import anyio
import anyio.to_thread
from inspect_ai.log import transcript
from inspect_ai.solver import TaskState
from inspect_ai.util import CheckpointSampleConfig, ResumeReport, StoreModel, sample_limits
from pydantic import Field

from mlebench_inspect._inspect import Checkpoints, checkpoints, keep_for_sample, kept_for_sample
from mlebench_inspect.run.artifacts import Archive, sha256
from mlebench_inspect.run.environment import Environment
from mlebench_inspect.run.instructions import duration
from mlebench_inspect.run.outcome import SubmissionRecord
from mlebench_inspect.run.snapshots import SnapshotRecord
from mlebench_inspect.run.validation import Validation
from mlebench_inspect.sandboxes.carrying import carry_in, carry_out
from mlebench_inspect.sandboxes.compose import HOME
from mlebench_inspect.sandboxes.host import HostError
from mlebench_inspect.sandboxes.provider import Provider
from mlebench_inspect.sandboxes.providers import provider

SANDBOX = "default"
OURS = CheckpointSampleConfig(sandbox_paths={SANDBOX: []})
"""Keeps Inspect from copying the sandbox; makes no checkpoints by itself."""
FILES = "agent_files.tar"
"""The agent's folders, among what Inspect backs up."""
OF_ATTEMPT: tuple[type[StoreModel], ...] = (SubmissionRecord, Environment, Validation)
"""What the setup of each attempt notes anew."""
Attempt = Literal["initial", "resume", "resume_for_scoring"]
Restart = Callable[[list[dict[str, Any]], float], None]


class Checkpointed(StoreModel):
    """What a checkpoint is of; in the sample's store."""

    seconds: float = 0.0
    """That the agent had worked."""
    sha256: str = ""
    """Of its files."""
    size: int = 0
    attempts: list[dict[str, Any]] = Field(default_factory=list)
    """The attempts at this sample that were cut off, and after how many seconds each was taken up again."""


@dataclass(frozen=True)
class Fresh:
    """What the setup of the running attempt noted, outside of the store, which a checkpoint takes the place of."""

    noted: dict[type[StoreModel], dict[str, Any]]
    restart: Restart | None
    """Takes the snapshots up again, with those that there are and the seconds used before."""
    attempt: str
    handle: str


def goes_on() -> bool:
    """Whether the running sample is about to go on from a checkpoint.

    Raises:
        HostError: Inspect would copy the sandbox itself; with the mend.
    """
    found = _checkpoints()
    if found is not None and found.captures:
        raise HostError(CAPTURED)
    return found is not None and found.resuming


CAPTURED = (
    "the checkpoint settings have Inspect copy the sandbox itself, as root, which has no rights in it; this package "
    f"keeps the agent's files: write `sandbox_paths: {{{SANDBOX}: []}}` there"
)


def remember(state: TaskState, restart: Restart | None) -> None:
    """Keeps what the setup noted. Must be called at its end.

    Args:
        state: The sample's.
        restart: Takes the snapshots up again; see `Fresh`.
    """
    noted = {of: _fields(state.store_as(of)) for of in OF_ATTEMPT}
    record = noted[SubmissionRecord]
    keep_for_sample(Fresh(noted, restart, record["attempt"], record["handle"]))


async def on_checkpoint(state: TaskState) -> None:
    """Called by Inspect when it makes a checkpoint: puts the agent's files beside the rest of it.

    Raises:
        HostError: They cannot be kept. Inspect warns of that, and goes on without this checkpoint.
    """
    found = _checkpoints()
    if found is None:
        raise HostError("Inspect does not tell where it keeps checkpoints; update mlebench-inspect or inspect-ai")
    record, kept = state.store_as(SubmissionRecord), state.store_as(Checkpointed)
    box, file = provider(state.metadata["provider"]), found.folder / FILES
    await anyio.to_thread.run_sync(Archive(str(found.folder)).check_room, record.keep_free)
    aside = file.with_name(f"{FILES}.part")
    aside.unlink(missing_ok=True)
    kept.seconds = time.time() - record.started
    try:
        kept.size = await carry_out(box, record.handle, agent_folders(box), aside, found.most)
        kept.sha256 = await anyio.to_thread.run_sync(sha256, aside)
        os.replace(aside, file)
    except OSError as ex:
        raise HostError(f"{found.folder} cannot be written: {ex.strerror or ex}") from ex
    finally:
        with contextlib.suppress(OSError):
            aside.unlink(missing_ok=True)


async def on_resume(state: TaskState, attempt: Attempt) -> ResumeReport:
    """Called by Inspect when a sample goes on from a checkpoint, after its store and its time were put back.

    The store then tells of an attempt that is gone: of its container, its start. All that is of this attempt is told
    anew, so that nothing of before is taken for something of now; then the agent's files are brought back.

    Returns:
        What the agent is told.

    Raises:
        HostError: Files of the checkpoint are missing, or cannot be brought into the sandbox: the sample has no score,
            and is run again.
    """
    fresh, kept = kept_for_sample(), state.store_as(Checkpointed)
    before = _fields(state.store_as(SubmissionRecord))
    record = state.store_as(SubmissionRecord)
    record.started = 0.0  # until all is there: whatever fails on the way is no agent's result
    if not isinstance(fresh, Fresh):
        raise HostError("the sample was not set up by this benchmark, so it cannot be taken up again")
    for of, fields in fresh.noted.items():
        model = state.store_as(of)
        for name, value in fields.items():
            setattr(model, name, copy.deepcopy(value))
    record.started = 0.0
    if before["answers_sha256"] != record.answers_sha256:
        raise HostError("the data were changed since the sample began; without --checkpoint it begins anew")
    box, found = provider(state.metadata["provider"]), _checkpoints()
    await _bring_back(box, record.handle, kept, found)
    rows = _moved(state.store_as(SnapshotRecord), before["log_folder"], record.log_folder)
    kept.attempts = [*kept.attempts, _told(before, record, kept)]
    record.started = time.time() - kept.seconds
    if fresh.restart is not None and attempt == "resume":
        fresh.restart(rows, kept.seconds)
    return ResumeReport(message=_message(box), data={"seconds": kept.seconds, "bytes": kept.size})


async def _bring_back(box: Provider, handle: str, kept: Checkpointed, found: Checkpoints | None) -> None:
    file = found.folder / FILES if found is not None else None
    if file is None or not file.is_file():
        raise HostError("the agent's files are missing in the checkpoint; without --checkpoint the sample begins anew")
    if await anyio.to_thread.run_sync(sha256, file) != kept.sha256:
        raise HostError("the agent's files in the checkpoint were changed; without --checkpoint the sample begins anew")
    # where little time was left, its end must not leave half of a submission
    with anyio.CancelScope(shield=True):
        await carry_in(box, handle, agent_folders(box), file)


def _moved(taken: SnapshotRecord, before: str, now: str) -> list[dict[str, Any]]:
    """The snapshots of earlier attempts; where they lie beside another log, by their whole path."""
    rows = [dict(row) for row in taken.snapshots]
    if before and before != now:
        for row in rows:
            if row.get("artifact"):
                row["artifact"] = Archive(before).path(row["artifact"])
        taken.snapshots = rows
    return rows


def _told(before: dict[str, Any], record: SubmissionRecord, kept: Checkpointed) -> dict[str, Any]:
    told = {"attempt": before["attempt"], "taken_up_after": round(kept.seconds)}
    if before["digest"] != record.digest:
        told["identity"] = before["digest"]
        transcript().info("The sample goes on with other settings than those it began with.", source="mlebench")
    return told


def agent_folders(box: Provider) -> list[str]:
    """What of a sandbox belongs to a checkpoint."""
    own = [box.paths.submission, box.paths.code, box.paths.logs]
    return [*own, HOME] if box.paths.code.startswith("/") else own


def _message(box: Provider) -> str:
    left = sample_limits().time.remaining
    time_left = "" if left is None else f" You have {duration(max(0.0, left))} left."
    return (
        "The machine was interrupted, and your run goes on from where it was kept. Your files in "
        f"{', '.join(agent_folders(box))} are as they were then. Files elsewhere, and whatever ran in the background, "
        f"are gone.{time_left} Look at what is there, start again what was running, and go on."
    )


def _fields(model: StoreModel) -> dict[str, Any]:
    names = [name for name in type(model).model_fields if name not in ("store", "instance")]
    return {name: copy.deepcopy(getattr(model, name)) for name in names}


def _checkpoints() -> Checkpoints | None:
    try:
        return checkpoints(SANDBOX)
    except RuntimeError as ex:
        raise HostError(str(ex)) from ex

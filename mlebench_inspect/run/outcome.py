"""Taking out: the stage between an agent and its grade.

It freezes the sandbox, takes the submission, code and logs, keeps them beside the log, and notes what came of it. It
runs once for each sample that was set up, however that ended. Only what the sandbox's own archive says makes an outcome
`missing` or `refused`; whatever the host does wrong is tried again, and in the end makes it `unreachable`.
"""

from __future__ import annotations

import contextlib
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any, Literal, TypeVar

import anyio
import anyio.to_thread
from inspect_ai.event import ErrorEvent, Event, InfoEvent, ModelEvent, SampleLimitEvent, SpanBeginEvent
from inspect_ai.log import transcript
from inspect_ai.solver import TaskState
from inspect_ai.util import StoreModel, concurrency
from pydantic import BaseModel, Field

from mlebench_inspect._inspect import kept_for_sample, running
from mlebench_inspect.run.artifacts import Archive, sha256
from mlebench_inspect.run.watching import stop_watching
from mlebench_inspect.sandboxes.extraction import Missing, Refused, Unreadable
from mlebench_inspect.sandboxes.host import HostError
from mlebench_inspect.sandboxes.provider import Provider
from mlebench_inspect.sandboxes.providers import provider

T = TypeVar("T")
Outcome = Literal["never_taken", "taken", "missing", "refused", "unreachable"]

PAUSES = (1.0, 2.0, 4.0, 8.0, 15.0, 30.0, 60.0)
"""Seconds between tries while the host does not do its part: two minutes, in which an engine can be started again."""
PAUSES_AT_THE_END = (1.0, 2.0, 4.0, 8.0)
"""The same when Inspect only cleans up, as after Ctrl-C, and somebody is waiting."""
MOST_SECONDS = 1800.0
"""For all tries of one sample together."""
_NEWS = 5.0  # seconds that the news of an ended sandbox may take to come, after a command in it has failed
_BLAMED = 3  # failures beside a sandbox that otherwise responds, after which what lies there is at fault


class Ending(BaseModel):
    """How the agent's work ended."""

    error: str | None = None
    """An exception that the agent, its model or the setup raised."""
    fault: Literal["agent", "model", "host", "cancelled"] | None = None
    """Whose exception it was; `host` is for checkpoints that could not be made or gone on from."""
    limit: str | None = None
    """Kind of the limit that ended it, as Inspect names it, or `disk`."""
    how: str | None = None
    """The name that the agent gave to its end, if it is one of this package's (`AgentEnd`)."""
    refused: bool = False
    """Whether the model's last answer was a refusal, by its provider's filter or its own."""


class SubmissionRecord(StoreModel):
    """What is known of a sample's submission and of what it was run with, kept in its store."""

    handle: str = ""
    """Names the running sandbox from outside."""
    log_folder: str = ""
    """Where the log was written."""
    attempt: str = ""
    """Tells this attempt at the sample from others, in the names of what is kept."""
    plan: dict[str, Any] = Field(default_factory=dict)
    identity: dict[str, Any] = Field(default_factory=dict)
    digest: str = ""
    """Of the identity."""
    answers_sha256: str = ""
    """Of the answers when the sample began."""
    started: float = 0.0
    """Seconds since the epoch when the agent began; 0: the setup did not come so far."""
    seconds: int | None = None
    """How long it worked."""
    time_limit: float | None = None
    gpus: int = 0
    """How many the sandbox was given."""
    keep_free: int = 0
    """Bytes that must be left free in the log's folder by whatever is no submission."""

    unfit: str | None = None
    """Why the agent cannot run in this sandbox, as it found out itself."""
    model_refused: str | None = None
    """Why a model's call was refused; what was left without that call is no result."""
    outcome: Outcome = "never_taken"
    cause: str | None = None
    """Why it is missing, refused or unreachable."""
    artifact: str | None = None
    """The kept file (gzip), relative to the log's folder."""
    sha256: str | None = None
    size: int | None = None
    frozen: bool = False
    """Whether the agent's processes were stopped while it was taken out."""
    lost: bool = False
    """Whether the sandbox had ended by then, and not by the agent's doing."""
    interrupted: Literal["sandbox", "engine"] | None = None
    """What ended while the agent was at work, and not by its doing: its sandbox, or the engine that ran it."""
    ending: Ending = Field(default_factory=Ending)
    folders: dict[str, Any] = Field(default_factory=dict)
    """What was kept of the agent's folders for code and logs."""


def sample_folder(state: TaskState, record: SubmissionRecord) -> str:
    """Folder for one attempt's artefacts, relative to the log's folder."""
    now = running()
    return f"artifacts/{now.eval_id if now else 'unknown'}/{state.sample_id}_{state.epoch}/{record.attempt}"


async def take_out(
    state: TaskState, *, max_bytes: int, max_folder: int, pauses: Sequence[float] | None = None
) -> SubmissionRecord:
    """Takes out what the agent left and notes the outcome; does nothing where that was done, or nothing was set up.

    It is shielded from cancellation and ends within `MOST_SECONDS`.

    Args:
        state: The sample's state, inside its sandbox.
        max_bytes: Larger submissions are refused.
        max_folder: Most bytes that are kept of each of the agent's folders for code and logs; 0 for none.
        pauses: Seconds between tries; default: `PAUSES`.
    """
    record = state.store_as(SubmissionRecord)
    if was_taken_out(record):
        return record
    record.ending = ending_of(transcript().events)
    _require_this_attempt(record)
    if not record.started:
        await stop_watching(record.handle)
        return record
    record.seconds = round(time.time() - record.started)
    box = provider(state.metadata["provider"])
    with anyio.CancelScope(shield=True), anyio.move_on_after(MOST_SECONDS) as limit:
        ended = await stop_watching(record.handle, _NEWS if record.ending.fault == "agent" else 0.0)
        if ended is None and await box.lost(record.handle):  # the news had not come yet
            ended = "sandbox"
        async with box.frozen(record.handle) as record.frozen:
            await _take_submission(state, record, box, max_bytes, PAUSES if pauses is None else pauses)
            if max_folder and record.outcome != "unreachable":
                async with copying("mlebench-copy"):
                    await _take_folders(state, record, box, max_folder)
        record.lost = await box.lost(record.handle)  # now, since the engine may have been away before
        record.interrupted = None if ended == "sandbox" and not record.lost else ended
    if limit.cancelled_caught and not was_taken_out(record):
        record.outcome, record.cause = "unreachable", f"it could not be taken out within {MOST_SECONDS:.0f} seconds"
    transcript().info({"outcome": record.outcome, "cause": record.cause}, source="mlebench")
    return record


def _require_this_attempt(record: SubmissionRecord) -> None:
    """Where the store was put back from a checkpoint and the sample did not go on from it, nothing is to be taken."""
    set_up = kept_for_sample()
    if set_up is not None and record.attempt != set_up.attempt:
        record.handle, record.attempt, record.started = set_up.handle, set_up.attempt, 0.0


def was_taken_out(record: SubmissionRecord) -> bool:
    """Whether an outcome is noted."""
    return record.outcome != "never_taken"


def copying(name: str) -> contextlib.AbstractAsyncContextManager[Any]:
    """One copy at a time, so that samples that end together neither fight for the disk nor fill it."""
    return concurrency(name, 1, visible=False)


async def _take_submission(
    state: TaskState, record: SubmissionRecord, box: Provider, max_bytes: int, pauses: Sequence[float]
) -> None:
    path = box.paths.submission_file
    name = f"{sample_folder(state, record)}/submission.csv"
    archive = Archive.of_run()

    async def attempt() -> tuple[int, str, str]:
        async with copying("mlebench-copy"):  # not while it pauses: a lost sandbox must not keep others waiting
            return await copy()

    async def copy() -> tuple[int, str, str]:
        async with scratch() as folder:
            file = folder / "submission.csv"
            size = await box.take_out(record.handle, path, file, max_bytes)
            digest = await anyio.to_thread.run_sync(sha256, file)
            return size, digest, await anyio.to_thread.run_sync(archive.keep, file, name)

    try:
        size, digest, artifact = await _persistently(attempt, box, record.handle, pauses)
    except Missing:
        record.outcome, record.cause = "missing", f"there is no file {path}"
    except Refused as ex:
        record.outcome, record.cause = "refused", f"{path} is refused: {ex}"
    except HostError as ex:
        record.outcome, record.cause = "unreachable", str(ex)
    else:
        record.size, record.sha256, record.artifact = size, digest, artifact
        record.outcome = "taken"


@asynccontextmanager
async def scratch() -> AsyncIterator[Path]:
    """A temporary folder, made and removed in a thread: either may wait long for a disk that others use.

    Raises:
        HostError: None can be made, or it cannot hold what is put into it. (An `OSError` within becomes one, too.)
    """
    made = scratch_here()
    folder = await anyio.to_thread.run_sync(made.__enter__)
    try:
        yield folder
    except BaseException as ex:
        with anyio.CancelScope(shield=True):
            await anyio.to_thread.run_sync(made.__exit__, type(ex), ex, ex.__traceback__)
        raise
    with anyio.CancelScope(shield=True):
        await anyio.to_thread.run_sync(made.__exit__, None, None, None)


@contextlib.contextmanager
def scratch_here() -> Iterator[Path]:
    """The same for what blocks anyway."""
    try:
        with tempfile.TemporaryDirectory(prefix="mlebench-", ignore_cleanup_errors=True) as folder:
            yield Path(folder)
    except OSError as ex:
        raise HostError(f"work in the temporary folder {tempfile.gettempdir()} failed: {ex}") from ex


async def _persistently(attempt: Callable[[], Awaitable[T]], box: Provider, handle: str, pauses: Sequence[float]) -> T:
    """Tries again while the host is at fault.

    Raises:
        Refused: What lies there cannot be taken, while the rest of the sandbox can be read.
        HostError: The host is at fault to the end.
    """
    blamed = 0
    for pause in (*pauses, None):
        try:
            return await attempt()
        except HostError as ex:
            if isinstance(ex, Unreadable) and await box.responds(handle):
                blamed += 1
            if blamed == _BLAMED:
                raise Refused(f"it cannot be read out of the sandbox ({ex})") from ex
            if pause is None:
                raise
        await anyio.sleep(pause)
    raise AssertionError("the last try returns or raises")


async def _take_folders(state: TaskState, record: SubmissionRecord, box: Provider, most: int) -> None:
    """Keeps the agent's code and logs beside the log. They decide no score: whatever fails is only noted."""
    archive, folder = Archive.of_run(), sample_folder(state, record)
    found: dict[str, Any] = {}
    for name, path in (("code", box.paths.code), ("logs", box.paths.logs)):
        artifact = f"{folder}/{name}.tar.gz"
        try:
            await anyio.to_thread.run_sync(archive.check_room, record.keep_free)
            async with scratch() as temporary:
                packed = temporary / f"{name}.tar.gz"
                taken = await box.take_folder(record.handle, path, packed, most)
                await anyio.to_thread.run_sync(archive.put, packed, artifact, record.keep_free)
            found[name] = {"artifact": artifact, **asdict(taken)}
        except (Refused, HostError) as ex:
            found[name] = {"problem": str(ex)}
    record.folders = found


def ending_of(events: Sequence[Event]) -> Ending:
    """How the agent's work ended, by the events before the scorers began."""
    ending = Ending()
    for event in events:
        if isinstance(event, SpanBeginEvent) and event.name == "scorers":
            break
        if isinstance(event, ErrorEvent):
            ending.error = event.error.message
            ending.fault = _fault(event.error.message, event.error.traceback)
        elif isinstance(event, SampleLimitEvent):
            ending.limit = event.type
        elif isinstance(event, InfoEvent) and event.source == "mlebench" and isinstance(event.data, dict):
            ending.limit = str(event.data["limit"]) if "limit" in event.data else ending.limit
            ending.how = str(event.data["end"]) if "end" in event.data else ending.how
        elif isinstance(event, ModelEvent):
            ending.refused = not event.output.empty and event.output.stop_reason == "content_filter"
    return ending


# Frames of a model call that failed for good, after Inspect's own retries. Tools run elsewhere.
_MODEL_FRAMES = ("inspect_ai/model/_model.py", "inspect_ai/model/_providers/", "inspect_ai/model/_openai")
# Frames of making a checkpoint or going on from one; what an agent raises itself passes through two others of these.
_CHECKPOINT_FRAMES, _PASSED_THROUGH = "inspect_ai/util/_checkpoint/", (" in checkpointer", " in span_session")


def is_interrupt(message: str) -> bool:
    """Whether an error that Inspect noted is somebody's Ctrl-C."""
    return message.startswith(("CancelledError", "Cancelled"))


def _fault(message: str, traceback: str) -> Literal["agent", "model", "host", "cancelled"]:
    if is_interrupt(message):
        return "cancelled"
    frames = _frames(message, traceback)
    if any(_CHECKPOINT_FRAMES in frame and not frame.endswith(_PASSED_THROUGH) for frame in frames):
        return "host"
    return "model" if any(place in frame for frame in frames for place in _MODEL_FRAMES) else "agent"


def _frames(message: str, traceback: str) -> list[str]:
    """The frames of a traceback, without what only looks like one: an exception's text may be an agent's words."""
    said = {line.strip() for line in message.replace("\\n", "\n").replace("\\", "/").splitlines()}
    lines = (line.strip(" |+") for line in traceback.replace("\\", "/").splitlines())
    return [line for line in lines if line.startswith('File "') and not any(line in s for s in said)]

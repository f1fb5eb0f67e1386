"""What runs while an agent is at work: which agents those are, and the watch on their sandboxes and disks."""

from __future__ import annotations

import contextlib
import logging
import time
from typing import Literal

import anyio
import anyio.to_thread
from inspect_ai.log import transcript
from inspect_ai.util import LimitExceededError, background

from mlebench_inspect.sandboxes.disk import Meter, Use
from mlebench_inspect.sandboxes.host import HostError, Sentinel
from mlebench_inspect.sandboxes.provider import Provider

logger = logging.getLogger(__name__)
SHORTEST, USUAL = 1.0, 15.0
"""Seconds between two looks at a disk: where little room is left, and where there is much."""
FASTEST = 2.0**30
"""Bytes a second that any agent is thought to write before it is seen to write faster."""
_TORN = 3  # looks in a row that break off, which no honest work brings about

# Sandboxes whose agent is at work; what runs beside it ends when its handle is taken out.
_AT_WORK: dict[str, Sentinel | None] = {}


def start_watching(box: Provider, handle: str) -> None:
    """Notes that an agent is at work in the sandbox, and watches whether that goes on.

    Raises:
        HostError: The watch cannot be started.
    """
    command = box.sentinel(handle)
    _AT_WORK[handle] = Sentinel(command) if command else None


async def stop_watching(handle: str, patience: float = 0.0) -> Literal["sandbox", "engine"] | None:
    """Ends what runs beside the agent, before its work is taken out.

    Args:
        handle: Names the sandbox.
        patience: Seconds that the news of a sandbox's end may take.

    Returns:
        What ended while the agent was at work: its sandbox, or the engine that could tell of it; None if nothing did.
    """
    sentinel = _AT_WORK.pop(handle, None)
    code = await anyio.to_thread.run_sync(sentinel.stop, patience) if sentinel else None
    if code is None:
        return None
    return "engine" if code else "sandbox"


def is_watched(handle: str) -> bool:
    """Whether an agent is at work in the sandbox."""
    return handle in _AT_WORK


def agents_at_work() -> int:
    """How many agents are at work in this process."""
    return len(_AT_WORK)


def watch_disk(box: Provider, handle: str, limit: int) -> None:
    """Ends the sample, as a limit does, when its agent has written more than `limit` bytes to the sandbox's disk."""
    meter = box.disk_meter(handle)
    if meter is None:
        return

    async def loop() -> None:
        watch = DiskWatch(limit)
        while handle in _AT_WORK:
            await anyio.sleep(watch.pause())
            started = time.monotonic()
            async with box.frozen(handle) if watch.is_evaded else contextlib.nullcontext():
                use = await _look(meter, limit)
            first = watch.used is None and use is not None
            watch.note(use, time.monotonic() - started)
            if first:
                transcript().info({"max_disk": limit, "disk": meter.how}, source="mlebench")
            if use is not None and use.size > limit and handle in _AT_WORK:
                message = (
                    f"The sandbox's disk holds {use.size:,} bytes or more of the agent's in {use.files:,} files, each "
                    f"of which counts some KiB at least; at most {limit:,} bytes are allowed."
                )
                # Inspect notes no limit in the transcript that was reached beside the agent
                transcript().info({"limit": "disk", "message": message}, source="mlebench")
                raise LimitExceededError("custom", value=use.size, limit=limit, message=message)

    background(loop)


async def _look(meter: Meter, limit: int) -> Use | None:
    try:
        return await meter.look(limit)
    except HostError as ex:
        logger.info("the disk of a sandbox was not measured: %s", ex)
        return None


class DiskWatch:
    """When to look at a disk again: the sooner the less room is left, by the fastest writing that was seen.

    Args:
        limit: Bytes that the sample may write.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self.used: int | None = None
        """Bytes at the last look; one that failed or broke off leaves what is known."""
        self._rate, self._took, self._torn, self._since = FASTEST, 0.0, 0, time.monotonic()

    @property
    def is_evaded(self) -> bool:
        """Whether looks broke off time and again: whoever moves folders about must hold still for the next one."""
        return self._torn >= _TORN

    def note(self, use: Use | None, took: float) -> None:
        """Takes in a look that took so many seconds."""
        self._took = took
        if use is None:
            return
        before, now = self.used or 0, time.monotonic()
        self._rate = max(self._rate, (use.size - before) / max(now - self._since, SHORTEST))
        self.used, self._since = max(use.size, before) if use.torn else use.size, now
        self._torn = self._torn + 1 if use.torn else 0

    def pause(self) -> float:
        """Seconds until the next look. Millions of files are slow to count, and looked at less often far from it."""
        room = max(0, self._limit - (self.used or 0))
        return max(SHORTEST, self._took, min(max(USUAL, 20 * self._took), room / self._rate))


def too_few_commands(samples: int, limit: int) -> str | None:
    """A warning where so many samples must wait for each other's commands, which cuts the time they have."""
    if samples <= limit:
        return None
    return (
        f"{samples} samples are at work, but only {limit} commands run at once, so agents wait for each other; "
        f"give --max-subprocesses {2 * samples} and set INSPECT_DOCKER_CLI_CONCURRENCY={2 * samples}"
    )


def too_many_samples(samples: int, divided: int) -> str | None:
    """A warning where more samples are at work than share the engine by what each was given."""
    if samples <= divided:
        return None
    return (
        f"{samples} samples are at work, but what each has of the engine is for {divided} at once; "
        f"give -T at_once={samples}, or leave --max-sandboxes out"
    )

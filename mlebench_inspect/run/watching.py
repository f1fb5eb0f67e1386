"""What runs while an agent is at work: which agents those are, and the watch on their sandboxes and disks."""

from __future__ import annotations

import time
from typing import Literal

import anyio
import anyio.to_thread
from inspect_ai.util import LimitExceededError, background

from mlebench_inspect.sandboxes.host import Sentinel
from mlebench_inspect.sandboxes.provider import Provider

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


def watch_disk(box: Provider, handle: str, limit: int, every: float = 15.0) -> None:
    """Ends the sample, as a limit does, when its agent has written more than `limit` bytes to the sandbox's disk."""

    async def loop() -> None:
        pause = every
        while handle in _AT_WORK:
            await anyio.sleep(pause)
            started = time.monotonic()
            used = await box.disk_use(handle)
            pause = max(every, 20 * (time.monotonic() - started))  # millions of small files are slow to count
            if used is not None and used > limit and handle in _AT_WORK:
                message = f"The sandbox's disk holds {used:,} bytes of the agent's; at most {limit:,} are allowed."
                raise LimitExceededError("custom", value=used, limit=limit, message=message)

    background(loop)


def too_few_commands(samples: int, limit: int) -> str | None:
    """A warning where so many samples must wait for each other's commands, which cuts the time they have."""
    if samples <= limit:
        return None
    return (
        f"{samples} samples are at work, but only {limit} commands run at once, so agents wait for each other; "
        f"give --max-subprocesses {2 * samples} and set INSPECT_DOCKER_CLI_CONCURRENCY={2 * samples}"
    )

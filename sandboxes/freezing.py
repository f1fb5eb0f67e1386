"""Stopping the agent's processes by a signal from its own user, for providers that cannot stop a whole sandbox."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import anyio
from inspect_ai.util import SandboxEnvironment

# All processes of the user but the shell that says so, what it starts then, and what it was started by, such as the
# `timeout` that a provider puts before each command. Where there is no other, `kill` fails, and only then one is
# started: there may be as many as are allowed.
_STOP = """
kill -STOP -1 2>/dev/null || { sleep 60 & kill -STOP -1; r=$?; kill -KILL $!; [ $r = 0 ] || exit $r; }
p=$PPID
while [ "$p" -gt 1 ]; do
  kill -CONT "$p" 2>/dev/null
  n=0
  while read -r k v; do [ "$k" != PPid: ] || n=$v; done <"/proc/$p/status"
  p=$n
done
"""
# Should the sandbox answer no more then, as where the provider's own server is the agent's user too, all go on later.
_WATCHDOG = '(sleep "$1"; kill -CONT -1) </dev/null >/dev/null 2>&1 & echo $!'
_GO_ON = 'kill -CONT -1; [ -z "$1" ] || kill -KILL "$1"'
_TRIAL = 20  # seconds


async def can_freeze(place: SandboxEnvironment) -> bool:
    """Whether the agent's processes can be stopped and the sandbox still answers; tried before any agent is at work.

    Args:
        place: The sandbox, whose own user the agent is. With root nothing is tried: it would stop the provider's too.
    """
    if await told(place, ["id", "-u"]) in (None, "0"):
        return False
    began = time.monotonic()
    watchdog = await told(place, ["/bin/sh", "-c", f"{_STOP}\n{_WATCHDOG}", "sh", str(_TRIAL)])
    if watchdog is None or time.monotonic() - began > _TRIAL:
        return False
    answers = await told(place, ["true"], timeout=_TRIAL // 2) is not None
    if not answers:
        await anyio.sleep(_TRIAL)
    await told(place, ["/bin/sh", "-c", _GO_ON, "sh", watchdog])
    return answers


@asynccontextmanager
async def frozen(place: SandboxEnvironment) -> AsyncIterator[bool]:
    """While this is open, no process of the agent's runs but what is started by commands; False where that failed."""
    stopped = await told(place, ["/bin/sh", "-c", _STOP]) is not None
    try:
        yield stopped
    finally:
        with anyio.CancelScope(shield=True):
            await told(place, ["/bin/sh", "-c", _GO_ON, "sh"])


async def told(place: SandboxEnvironment, command: list[str], user: str | None = None, timeout: int = 60) -> str | None:
    """What a command prints, without white space around it; None where it fails, or where there is no such user."""
    try:
        options = {"user": user} if user else {}
        result = await place.exec(command, timeout=timeout, **options)  # type: ignore[arg-type]
    except Exception:  # whatever a provider raises
        return None
    return result.stdout.strip() if result.success else None

"""What runs beside an agent: the endpoint of the submission check, and the watch on the disk.

The endpoint is a small server inside the sandbox, run as root, which the agent can neither stop nor read. It hands an
upload's name to the host through Inspect's sandbox service, so it works without any network.
"""

from __future__ import annotations

import re
import shlex
import time
from typing import Any

import anyio
from inspect_ai.log import transcript
from inspect_ai.util import (
    ExecResult,
    LimitExceededError,
    SandboxEnvironment,
    background,
    sandbox,
    sandbox_service,
)
from pydantic import JsonValue

from mlebench_inspect.sandboxes.provider import Provider, guest_file
from mlebench_inspect.validation import OUT_OF_ORDER, Validation, check_submission

# Below the folder of Inspect's sandbox services, which is root's; commands there are not recorded one by one.
SERVICES = "/var/tmp/sandbox-services"
_FOLDER = f"{SERVICES}/mlebench-endpoint"
_SPOOL = f"{_FOLDER}/uploads"

_START = f"""
umask 077
mkdir -p {_SPOOL} && [ -O {_SPOOL} ] && [ ! -L {_SPOOL} ] || exit 5
[ -z "$1" ] || cat >{_FOLDER}/server.py
(setsid python3 -I {_FOLDER}/server.py --spool {_SPOOL} --client {SERVICES}/mlebench/mlebench.py --most "$2" \\
  </dev/null >{_FOLDER}/log 2>&1 &)
for i in $(seq 100); do python3 -I -c "$3" && exit 0; sleep 0.2; done
tail -c 500 {_FOLDER}/log >&2
exit 6
"""
_HEALTH = (
    "import urllib.request as r; r.build_opener(r.ProxyHandler({}))"
    ".open('http://127.0.0.1:5000/health', timeout=5).read()  # " + SERVICES
)

_HEALTH_EVERY = 60.0
_SOON, _LATER = 0.3, 2.0  # seconds between looks for requests: while the agent uses the check, and otherwise

# Sandboxes whose agent is at work; what runs beside it ends when its handle is taken out.
_AT_WORK: set[str] = set()


def start_watching(handle: str) -> None:
    """Notes that an agent is at work in the sandbox."""
    _AT_WORK.add(handle)


def stop_watching(handle: str) -> None:
    """Ends what runs beside the agent, before its work is taken out."""
    _AT_WORK.discard(handle)


def agents_at_work() -> int:
    """How many agents are at work in this process."""
    return len(_AT_WORK)


class _AtRoot(SandboxEnvironment):
    """A sandbox as the endpoint uses it.

    Commands start in `/`, since root has no capability here to enter a folder that the agent closes. They wait for no
    other command: the agents' own may hold every slot that Inspect gives, and be waiting for an answer themselves.
    """

    def __init__(self, inner: SandboxEnvironment) -> None:
        super().__init__()
        self._inner = inner

    async def exec(self, cmd: list[str], *args: Any, cwd: str | None = None, **options: Any) -> ExecResult[str]:
        options["concurrency"] = False
        return await self._inner.exec(cmd, *args, cwd=cwd or "/", **options)  # type: ignore[misc]

    async def write_file(self, file: str, contents: str | bytes) -> None:
        await self._inner.write_file(file, contents)

    async def read_file(self, file: str, text: bool = True) -> Any:
        return await self._inner.read_file(file, text)  # type: ignore[call-overload]

    @classmethod
    async def sample_cleanup(cls, *args: Any, **options: Any) -> None:
        """Nothing to do: the sandbox itself is cleaned up."""

    def default_polling_interval(self) -> float:
        return self._inner.default_polling_interval()


class EndpointError(RuntimeError):
    """The endpoint could not be started."""


async def serve_endpoint(box: Provider, handle: str, check: Validation) -> None:
    """Starts `localhost:5000/validate` in the sample's sandbox, and answers it in the background.

    Raises:
        EndpointError: It does not start; the message says why.
    """
    place = _AtRoot(sandbox())
    last = 0.0

    async def validate(name: str = "") -> JsonValue:
        nonlocal last
        last = time.monotonic()
        if not re.fullmatch(r"[0-9a-f]{32}", str(name)):
            return OUT_OF_ORDER
        return await check_submission(check, uploaded=f"{_SPOOL}/{name}")

    def over() -> bool:
        return handle not in _AT_WORK

    answer = await sandbox_service(
        "mlebench", {"validate": validate}, over, place, user=box.root, handle_requests=False
    )
    await _start(place, box.root, check.max_bytes, first=True)

    async def loop() -> None:
        looked, failures = time.monotonic(), 0
        while not over():
            await anyio.sleep(_SOON if time.monotonic() - last < 60 else _LATER)
            if over():
                return
            if time.monotonic() - looked > _HEALTH_EVERY:
                if await _is_healthy(place, box.root):
                    failures = 0
                else:
                    failures += 1
                    if failures == 3:
                        transcript().info("The endpoint of the submission check has died.", source="mlebench")
                        return
                    await _restart(place, box.root, check.max_bytes)
                looked = time.monotonic()
            await answer()

    background(loop)


async def _start(place: SandboxEnvironment, user: str | None, most: int, *, first: bool) -> None:
    command = ["/bin/sh", "-c", _START, "sh", "new" if first else "", str(most), _HEALTH]
    code = guest_file("validation_server.py") if first else None
    result = await place.exec(command, input=code, user=user, timeout=120)
    if not result.success:
        raise EndpointError(f"the endpoint of the submission check does not start: {result.stderr.strip()[-500:]}")


async def _restart(place: SandboxEnvironment, user: str | None, most: int) -> None:
    try:
        await _start(place, user, most, first=False)
        transcript().info("The endpoint of the submission check was started again.", source="mlebench")
    except Exception as ex:
        transcript().info(str(ex), source="mlebench")


async def _is_healthy(place: SandboxEnvironment, user: str | None) -> bool:
    try:
        return (await place.exec(["python3", "-I", "-c", _HEALTH], user=user, timeout=30)).success
    except Exception:  # a container that has ended, or one in which nothing can be started
        return False


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


def put_file(path: str) -> list[str]:
    """Command that writes its input to `path`, readable for all."""
    aside = shlex.quote(f"{path}.part")
    return ["/bin/sh", "-c", f"umask 022; cat >{aside} && chmod 755 {aside} && mv -f {aside} {shlex.quote(path)}"]

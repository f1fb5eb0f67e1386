"""The endpoint of the submission check.

It is a small server inside the sandbox, run as root, which the agent can neither stop nor read. It hands an
upload's name to the host through Inspect's sandbox service, so it works without any network.
"""

from __future__ import annotations

import re
import time
from collections.abc import Awaitable, Callable

import anyio
from inspect_ai.log import transcript
from inspect_ai.util import SandboxEnvironment, background, sandbox_service
from pydantic import JsonValue

from mlebench_inspect._inspect import before_each_service
from mlebench_inspect.run.search_score import score_predictions_file
from mlebench_inspect.run.validation import OUT_OF_ORDER, Validation, check_submission
from mlebench_inspect.run.watching import is_watched
from mlebench_inspect.sandboxes.provider import Provider, complaint, guest_file

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

_HEALTH_EVERY, _HEALTH_AT_MOST = 60.0, 300.0  # seconds; the second while it cannot be brought back
_SOON, _LATER = 0.3, 2.0  # seconds between looks for requests: while the agent uses the check, and otherwise


class EndpointError(RuntimeError):
    """The endpoint could not be started."""


async def serve_endpoint(box: Provider, handle: str, check: Validation) -> None:
    """Starts `localhost:5000` in the sample's sandbox, and answers it in the background.

    `/validate` checks a submission; `/score`, where training data is held back, scores predictions for that.

    Raises:
        EndpointError: It does not start; the message says why.
    """
    place = box.commands(handle)
    last = 0.0

    async def validate(name: str = "") -> JsonValue:
        nonlocal last
        last = time.monotonic()
        if not re.fullmatch(r"[0-9a-f]{32}", str(name)):
            return OUT_OF_ORDER
        return await check_submission(check, uploaded=f"{_SPOOL}/{name}")

    async def score(name: str = "") -> JsonValue:
        nonlocal last
        last = time.monotonic()
        if not re.fullmatch(r"[0-9a-f]{32}", str(name)):
            return OUT_OF_ORDER
        return await score_predictions_file(check, f"{_SPOOL}/{name}", uploaded=True)

    def over() -> bool:
        return not is_watched(handle)

    methods: dict[str, Callable[..., Awaitable[JsonValue]]] = {"validate": validate}
    if check.search_score is not None:
        methods["score"] = score
    try:
        answer = await sandbox_service(
            "mlebench", methods, over, place, user=box.root, handle_requests=False, requires_python=False
        )  # Python has been seen there
    except Exception as ex:
        raise EndpointError(
            f"the submission check cannot be set up; the sandbox or its engine may have failed, since a moment before "
            f"all was there: {ex}"
        ) from ex
    await _start(place, box.root, check.max_bytes, first=True)

    async def loop() -> None:
        looked, pause = time.monotonic(), _HEALTH_EVERY
        while not over():
            await anyio.sleep(_SOON if time.monotonic() - last < 60 else _LATER)
            if not over() and time.monotonic() - looked > pause:
                well = await _is_healthy(place, box.root) or await _restart(place, box.root, check.max_bytes)
                pause = _HEALTH_EVERY if well else min(2 * pause, _HEALTH_AT_MOST)
                looked = time.monotonic()
            if not over():
                await _answered(answer)

    background(loop)


_MAKE_ROOM = f"""
cd {SERVICES} || exit 0
if [ ! -e "$1" ] && [ ! -L "$1" ]; then exit 0; fi
if [ -d "$1" ] && [ ! -L "$1" ] && [ "$(stat -c '%u %a' -- "$1")" = "$2 700" ]; then exit 0; fi
mv -- "$1" ".aside-$(date +%s)-$$"
"""


def keep_room_for_services(box: Provider, handle: str) -> None:
    """Moves aside what an agent has put where a service of Inspect's, such as a bridge to a model, is about to start.

    Inspect refuses to start one in a folder that it does not know for its own.
    """
    place = box.commands(handle)

    async def make_room(name: str, user: str | None) -> None:
        try:
            owner = (await place.exec(["/usr/bin/id", "-u"], user=user, timeout=60)).stdout.strip()
            command = ["/bin/sh", "-c", _MAKE_ROOM, "sh", name, owner]
            result = await place.exec(command, user=box.root, timeout=60)
        except Exception as ex:  # whatever a sandbox raises; the service itself will say what is wrong
            transcript().info(f"No room could be made for the service {name}: {ex}", source="mlebench")
            return
        if not result.success:
            transcript().info(f"No room could be made for the service {name}: {complaint(result)}", source="mlebench")

    before_each_service(make_room)


async def _start(place: SandboxEnvironment, user: str | None, most: int, *, first: bool) -> None:
    command = ["/bin/sh", "-c", _START, "sh", "new" if first else "", str(most), _HEALTH]
    code = guest_file("validation_server.py") if first else None
    result = await place.exec(command, input=code, user=user, timeout=120)
    if not result.success:
        raise EndpointError(f"the endpoint of the submission check does not start: {complaint(result, 500)}")


async def _answered(answer: Callable[[], Awaitable[None]]) -> None:
    """Answers what was asked. An overloaded sandbox or host is no reason to end the sample: the next look may do."""
    try:
        await answer()
    except Exception as ex:  # whatever a sandbox raises that does not answer
        transcript().info(f"The submission check could not be looked after: {ex}", source="mlebench")
        await anyio.sleep(_LATER)


async def _restart(place: SandboxEnvironment, user: str | None, most: int) -> bool:
    try:
        await _start(place, user, most, first=False)
    except Exception as ex:
        transcript().info(f"The endpoint of the submission check has died: {ex}", source="mlebench")
        return False
    transcript().info("The endpoint of the submission check was started again.", source="mlebench")
    return True


async def _is_healthy(place: SandboxEnvironment, user: str | None) -> bool:
    try:
        return (await place.exec(["python3", "-I", "-c", _HEALTH], user=user, timeout=30)).success
    except Exception:  # a container that has ended, or one in which nothing can be started
        return False

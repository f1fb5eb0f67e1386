"""The endpoint of the submission check.

It is a small server inside the sandbox, run as root, which the agent can neither stop nor read. It lays down what it is
asked, and rings; one command of the host waits for that at any time, so it works without any network, in any sandbox
that runs commands, and costs nothing while nobody asks.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Awaitable, Callable

import anyio
from inspect_ai.log import transcript
from inspect_ai.util import ExecResult, SandboxEnvironment, background

from mlebench_inspect._inspect import before_each_service
from mlebench_inspect.run.search_score import score_predictions_file
from mlebench_inspect.run.validation import OUT_OF_ORDER, Validation, check_submission
from mlebench_inspect.run.watching import is_watched
from mlebench_inspect.sandboxes.provider import Provider, complaint, guest_file

SERVICES = "/var/tmp/sandbox-services"
"""Folder of Inspect's sandbox services. Commands that name it are not recorded one by one."""
_FOLDER = "/var/tmp/mlebench-endpoint"

# The services' folder is made as Inspect makes it, before an agent can.
_START = f"""
[ -e {SERVICES} ] || mkdir -m 1777 {SERVICES} || exit 5
umask 077
mkdir -p {_FOLDER} && [ -O {_FOLDER} ] && [ ! -L {_FOLDER} ] && cd {_FOLDER} || exit 5
[ -z "$1" ] || cat >server.py
rm -rf bell pid uploads asked answers && mkfifo bell && mkdir uploads asked answers || exit 5
setsid python3 -I {_FOLDER}/server.py --folder {_FOLDER} --most "$2" </dev/null >log 2>&1 &
for i in $(seq 300); do
  [ ! -s pid ] || exit 0
  kill -0 $! || break
  sleep 0.1
done
tail -c 500 log >&2
exit 6
"""
# The bell ends, unrung, when the server does.
_WAIT = f"""
cd {_FOLDER} && grep -q server.py "/proc/$(cat pid)/cmdline" || exit 6
asked() {{ for f in asked/*; do [ ! -f "$f" ] || echo "$(cat "$f") ${{f#asked/}}"; done; }}
if [ "$1" != 0 ] && [ -z "$(asked)" ]; then timeout "$1" head -c 1 bell >/dev/null || sleep 1; fi
asked
"""
_ANSWER = f"""
cd {_FOLDER} && cat >answers/.part && mv -f answers/.part "answers/$1" && rm -f "asked/$1"
"""
_DEAD = 6

_PATIENCE = 60
"""Seconds that one command waits for a request, where waiting takes nothing from others."""
_BUSY, _IDLE = 0.3, 2.0
"""Seconds between looks for requests elsewhere: while the agent uses the check, and otherwise."""
_SOON, _AT_MOST = 2.0, 300.0
"""Seconds until the next attempt where the sandbox does not answer, doubled each time up to the second."""


class EndpointError(RuntimeError):
    """The endpoint could not be started."""


async def serve_endpoint(box: Provider, handle: str, check: Validation) -> None:
    """Starts `localhost:5000` in the sample's sandbox, and answers it in the background.

    `/validate` checks a submission; `/score`, where training data is held back, scores predictions for that.

    Raises:
        EndpointError: It does not start; the message says why.
    """
    place = box.commands(handle)

    async def score(uploaded: str) -> str:
        return await score_predictions_file(check, uploaded, uploaded=True)

    async def validate(uploaded: str) -> str:
        return await check_submission(check, uploaded=uploaded)

    kinds: dict[str, Callable[[str], Awaitable[str]]] = {"validate": validate}
    if check.search_score is not None:
        kinds["score"] = score
    await _start(place, box.root, check.max_bytes, first=True)
    desk = _Desk(place, box.root, check.max_bytes, kinds, lambda: not is_watched(handle))
    background(desk.attend, _PATIENCE if box.waits_for_free else 0)


class _Desk:
    """Where requests are answered, one after the other, until the agent is done."""

    def __init__(
        self,
        place: SandboxEnvironment,
        user: str | None,
        most: int,
        kinds: dict[str, Callable[[str], Awaitable[str]]],
        over: Callable[[], bool],
    ) -> None:
        self._place, self._user, self._most, self._kinds, self._over = place, user, most, kinds, over
        self._answers: dict[str, str] = {}
        self._asked = -60.0  # seconds; when the last request was seen

    async def attend(self, patience: int) -> None:
        """An overloaded sandbox or host is no reason to end the sample: a later look may do.

        Args:
            patience: Seconds that a command in the sandbox waits for a request; 0 for commands that do not wait.
        """
        pause = _SOON
        while not self._over():
            try:
                await self._attend_once(patience)
                pause = _SOON
                if not patience:
                    await anyio.sleep(_BUSY if time.monotonic() - self._asked < 60 else _IDLE)
            except Exception as ex:  # whatever a sandbox raises that does not answer
                if pause == _SOON and not self._over():
                    transcript().info(f"The submission check could not be looked after: {ex}", source="mlebench")
                await anyio.sleep(pause)
                pause = min(2 * pause, _AT_MOST)

    async def _attend_once(self, patience: int) -> None:
        result = await self._run(_WAIT, str(patience), timeout=patience + 60)
        if result.returncode == _DEAD:
            await _start(self._place, self._user, self._most, first=False)
            transcript().info("The endpoint of the submission check was started again.", source="mlebench")
            return
        if not result.success:
            raise EndpointError(complaint(result))
        for asked in result.stdout.splitlines():
            if self._over():
                return
            kind, _, name = asked.partition(" ")
            if re.fullmatch(r"[0-9a-f]{32}", name):
                await self._answer(kind, name)

    async def _answer(self, kind: str, name: str) -> None:
        self._asked = time.monotonic()
        if name not in self._answers:  # else it was not delivered
            self._answers = {name: await self._asked_for(kind, f"{_FOLDER}/uploads/{name}")}
        result = await self._run(_ANSWER, name, input=json.dumps(self._answers[name]), timeout=60)
        if not result.success:
            raise EndpointError(complaint(result))

    async def _asked_for(self, kind: str, uploaded: str) -> str:
        try:
            return await self._kinds[kind](uploaded) if kind in self._kinds else OUT_OF_ORDER
        except Exception as ex:
            transcript().info(f"The submission check failed: {ex}", source="mlebench")
            return OUT_OF_ORDER

    async def _run(self, script: str, argument: str, *, timeout: int, input: str | None = None) -> ExecResult[str]:
        command = ["/bin/sh", "-c", script, SERVICES, argument]
        return await self._place.exec(command, input=input, user=self._user, timeout=timeout)


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
    command = ["/bin/sh", "-c", _START, SERVICES, "new" if first else "", str(most)]
    code = guest_file("validation_server.py") if first else None
    try:
        result = await place.exec(command, input=code, user=user, timeout=120)
    except Exception as ex:
        raise EndpointError(
            f"the submission check cannot be set up; the sandbox or its engine may have failed, since a moment before "
            f"all was there: {ex}"
        ) from ex
    if not result.success:
        raise EndpointError(f"the endpoint of the submission check does not start: {complaint(result, 500)}")

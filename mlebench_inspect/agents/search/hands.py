"""What a search does in the sandbox: looks around, writes and runs solutions, puts a file in place."""

from __future__ import annotations

import sys
import time
import uuid
from typing import NamedTuple

import anyio
from inspect_ai.log import transcript
from inspect_ai.util import ExecResult, OutputLimitExceededError, sandbox
from pydantic import BaseModel, ValidationError

from mlebench_inspect.sandboxes.host import HostError
from mlebench_inspect.sandboxes.provider import Provider, guest_file

MARK = "MLEBENCH_SEARCH_STEP"
POLLS = (0.2, 15.0)
"""Shortest and longest pause, in seconds, between looks at a running solution."""
GRACE = 60.0
"""Seconds beyond its time-out after which a runner that says nothing is given up."""
_BYTES = 2**20  # of a result: far more than the runner keeps of an output
_START = 'cd "$1" && rm -f result.json && shift && { "$@" </dev/null >/dev/null 2>&1 & echo $! >pid; }'
_LOOK = 'head -c "$2" "$1/result.json" 2>/dev/null || kill -0 "$(cat "$1/pid")"'


class Surroundings(BaseModel):
    """What the sandbox has."""

    here: str
    cpus: int = 1
    memory: int = 0
    gpus: list[str] = []
    packages: list[str] = []
    preview: str = ""


class Ran(NamedTuple):
    """How a script ended."""

    output: str
    seconds: float
    fault: str = ""
    """What was wrong, in one line; empty where it ended by itself and well."""


class _Result(BaseModel):
    code: int
    late: bool
    seconds: float
    output: str


class Hands:
    """The sandbox of one sample.

    Args:
        box: Its provider.
    """

    def __init__(self, box: Provider) -> None:
        self._python = sys.executable if box.name == "local" else "python3"
        self._box, self._name = box, uuid.uuid4().hex[:12]
        self.data = self.code = self.logs = self.submission = ""
        self._runner, self._runs = "", 0

    async def look_around(self) -> Surroundings:
        """Puts the runner in place and tells what there is.

        Raises:
            HostError: The sandbox does not do its part.
        """
        paths = self._box.paths
        self._runner = f"{paths.code}/search/runner.py"
        await sandbox().write_file(self._runner, guest_file("search_runner.py"))
        try:
            found = Surroundings.model_validate_json(await self._guest("probe", paths.data))
        except ValidationError as ex:
            raise HostError(f"the sandbox cannot be looked around in: {ex.errors()[0]['msg']}") from None
        places = (paths.data, paths.code, paths.logs, paths.submission_file, self._runner)
        # absolute, since each solution works in a folder of its own
        self.data, self.code, self.logs, self.submission, self._runner = (
            p if p.startswith("/") else f"{found.here}/{p}" for p in places
        )
        return found

    async def folds(self, seed: int, count: int, targets: list[str]) -> tuple[str, str] | None:
        """Makes a file with a fold for each row of the training table; returns the table's name and the file."""
        file = f"{self.code}/search/folds.csv"
        table = (await self._guest("folds", self.data, file, str(seed), str(count), *targets[:20], timeout=600)).strip()
        return (table, file) if table else None

    def folder(self, node: int) -> str:
        """Where a solution works."""
        return f"{self.code}/solutions/{node}"

    async def run(self, folder: str, code: str, timeout: float, env: dict[str, str]) -> Ran:
        """Runs a script in its folder until it ends or is killed, with all that it started.

        Args:
            folder: Where it works.
            code: The script.
            timeout: Seconds that it may run.
            env: What its environment has beside the sandbox's own.
        """
        if not await self._write(f"{folder}/solution.py", code):
            return Ran("", 0.0, "the script could not be written")
        self._runs += 1
        name = f"{self._name}/{self._runs}/"
        runner = [self._python, self._runner, "run", folder, f"{timeout:.1f}", name]
        started = await self._exec(["sh", "-c", _START, "sh", folder, *runner], env={**env, MARK: name})
        if not started.success:
            return Ran(started.stderr[-2000:], 0.0, "the script could not be started")
        begun, look_there = time.monotonic(), ["sh", "-c", _LOOK, "sh", folder, str(_BYTES)]
        while (taken := time.monotonic() - begun) < timeout + GRACE:
            await anyio.sleep(min(max(taken / 10, POLLS[0]), POLLS[1]))
            look = await self._exec(look_there)
            if not look.success:  # it may have ended well between the two commands
                look = await self._exec(look_there)
            if look.stdout:
                return _ran(look.stdout, timeout)
            if not look.success:
                break
        await self.stop(name)
        return Ran("", time.monotonic() - begun, "killed with what watched it, likely for want of memory")

    async def place(self, node: int) -> bool:
        """Puts a solution's submission and code in their places, whole at any moment; whether that could be done."""
        folder = self.folder(node)
        files = [f"{folder}/submission.csv", self.submission, f"{folder}/solution.py", f"{self.code}/best_solution.py"]
        return (await self._exec([self._python, self._runner, "place", *files], timeout=600)).success

    async def lost(self, node: int) -> bool:
        """Whether a solution's submission is surely gone."""
        return (await self._exec(["test", "-f", f"{self.folder(node)}/submission.csv"])).returncode == 1

    async def keep(self, name: str, text: str) -> None:
        """Writes a file of the search's folder among the logs, whole at any moment."""
        path = f"{self.logs}/search/{name}"
        if await self._write(f"{path}.part", text):
            await self._exec(["mv", "-f", "--", f"{path}.part", path])

    async def kept(self, name: str) -> str:
        """What such a file holds; nothing where it is missing or too large."""
        try:
            return await sandbox().read_file(f"{self.logs}/search/{name}")
        except (OSError, UnicodeDecodeError, OutputLimitExceededError):
            return ""

    async def stop(self, name: str = "") -> None:
        """Ends all that this search runs, or one run of that name."""
        await self._exec([self._python, self._runner, "stop", name or self._name], timeout=60)

    async def _write(self, path: str, text: str) -> bool:
        """Whether a file could be written: a full disk is no reason to end a search."""
        try:
            await sandbox().write_file(path, text)
        except (OSError, RuntimeError, ValueError) as ex:  # no room, or text that no file can hold
            transcript().info(f"{path} cannot be written: {type(ex).__name__}", source="mlebench")
            return False
        return True

    async def _guest(self, *arguments: str, timeout: int = 120) -> str:
        result = await self._exec([self._python, self._runner, *arguments], timeout=timeout)
        return result.stdout

    async def _exec(self, command: list[str], env: dict[str, str] | None = None, timeout: int = 120) -> ExecResult[str]:
        try:
            return await sandbox().exec(command, env=env, timeout=timeout, timeout_retry=False)
        except (TimeoutError, OutputLimitExceededError, UnicodeDecodeError) as ex:
            return ExecResult(False, 124, "", f"{type(ex).__name__}")


def _ran(text: str, timeout: float) -> Ran:
    """The runner's report, which the script may have meddled with."""
    try:
        found = _Result.model_validate_json(text)
    except ValidationError:
        return Ran("", 0.0, "the script overwrote the report of its run")
    if found.late:
        return Ran(found.output, found.seconds, f"stopped after {timeout:.0f} seconds, the time that it had")
    if found.code == -9:
        return Ran(found.output, found.seconds, "killed, likely for want of memory")
    if found.code:
        last = (found.output.strip().splitlines() or [""])[-1][:300]
        return Ran(found.output, found.seconds, f"ended with code {found.code}: {last}")
    return Ran(found.output, found.seconds)

"""The sandbox providers behind one small interface; the rest of the package does not know which one runs."""

from __future__ import annotations

import json
import shlex
import subprocess
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import anyio.to_thread
from inspect_ai.util import SandboxEnvironment, SandboxEnvironmentSpec, concurrency, sandbox

from mlebench_inspect.sandboxes import compose, extraction
from mlebench_inspect.sandboxes.compose import SandboxSettings
from mlebench_inspect.sandboxes.extraction import Taken


@dataclass(frozen=True)
class GuestPaths:
    """Where things lie as the agent sees them; folders without a trailing slash."""

    data: str = compose.DATA
    submission: str = compose.SUBMISSION
    code: str = compose.CODE
    logs: str = compose.LOGS
    instructions: str = "/home/instructions.txt"
    check: str = "/home/validate_submission.sh"

    @property
    def submission_file(self) -> str:
        """The file that is graded."""
        return f"{self.submission}/submission.csv"


class Provider(Protocol):
    """What differs between Docker, Kubernetes and the local sandbox."""

    name: str
    paths: GuestPaths
    isolated: bool
    """Whether an agent is kept from the host's files and network."""
    root: str | None
    """User for what the agent must not touch; None where there is none."""

    def spec(self, settings: SandboxSettings, public: Path, data_dir: Path) -> SandboxEnvironmentSpec:
        """Sandbox of one sample that sees the folder `public`, which lies in `data_dir`."""
        ...

    def setup(self, public: Path) -> str | None:
        """Script that is run in the sandbox before the agent starts, if one is needed."""
        ...

    async def handle(self) -> str:
        """What names the running sandbox from outside; taken at the start, while it surely answers."""
        ...

    async def take_out(self, handle: str, path: str, dest: Path, cap: int, *, as_root: bool = False) -> int:
        """Copies a regular file out of the running sandbox to the new file `dest`; returns its size.

        Raises:
            Refused: Missing, not a regular file, larger than `cap` bytes, or changed while it was read.
        """
        ...

    async def take_folder(self, handle: str, path: str, dest: Path, cap: int) -> Taken:
        """Copies a folder's regular files to the new tar.gz file `dest`, at most `cap` bytes of them.

        Raises:
            Refused: There is no such folder, or it cannot be read.
        """
        ...

    def frozen(self, handle: str) -> AbstractAsyncContextManager[None]:
        """While this is open, no process of the agent runs. Commands may not work in the sandbox meanwhile."""
        ...

    async def disk_use(self, handle: str) -> int | None:
        """Bytes that the agent has written to the sandbox's disk; None where the provider itself sets a limit."""
        ...

    async def describe(self, handle: str) -> dict[str, Any]:
        """What the provider gave to the sandbox, for the log: image and limits."""
        ...


def _gate() -> AbstractAsyncContextManager[Any]:
    """One copy at a time, so that many samples that end together do not fight for the disk."""
    return concurrency("mlebench-copy", 1, visible=False)


class Docker:
    """Containers of this host's (or DOCKER_HOST's) engine."""

    name = "docker"
    paths = GuestPaths()
    isolated = True
    root: str | None = "root"

    def spec(self, settings: SandboxSettings, public: Path, data_dir: Path) -> SandboxEnvironmentSpec:
        return SandboxEnvironmentSpec("docker", compose.docker_config(settings, public))

    def setup(self, public: Path) -> str | None:
        return None

    async def handle(self) -> str:
        connection = await sandbox().connection()
        return connection.container or ""

    async def take_out(self, handle: str, path: str, dest: Path, cap: int, *, as_root: bool = False) -> int:
        async with _gate():
            return await anyio.to_thread.run_sync(
                lambda: extraction.copy_out(handle, path, dest, cap), abandon_on_cancel=False
            )

    async def take_folder(self, handle: str, path: str, dest: Path, cap: int) -> Taken:
        command = ["docker", "cp", "--", f"{handle}:{path}", "-"]
        async with _gate():
            return await anyio.to_thread.run_sync(lambda: extraction.copy_folder(command, dest, cap))

    @asynccontextmanager
    async def frozen(self, handle: str) -> AsyncIterator[None]:
        paused = (await _docker("pause", handle)).returncode == 0  # not if the container has ended: nothing runs then
        try:
            yield
        finally:
            if paused:
                with anyio.CancelScope(shield=True):
                    await _docker("unpause", handle)

    async def disk_use(self, handle: str) -> int | None:
        result = await _docker("inspect", "--size", "--format", "{{.SizeRw}}", handle)
        return int(result.stdout) if result.returncode == 0 and result.stdout.strip().isdigit() else None

    async def describe(self, handle: str) -> dict[str, Any]:
        result = await _docker("inspect", handle)
        if result.returncode != 0:
            return {}
        (found,) = json.loads(result.stdout)
        host = found["HostConfig"]
        return {
            "image": found["Config"]["Image"],
            "image_id": found["Image"],
            "user": found["Config"]["User"],
            "cpus": host["NanoCpus"] / 1e9,
            "memory": host["Memory"],
            "shm_size": host["ShmSize"],
            "network": host["NetworkMode"],
            "runtime": host["Runtime"],
            "gpus": [r.get("DeviceIDs") or r.get("Count") for r in host.get("DeviceRequests") or []],
        }


class Local:
    """A temporary folder of this host and no isolation at all: for trusted solvers and tests."""

    name = "local"
    paths = GuestPaths("data", "submission", "code", "logs", "instructions.txt")
    isolated = False
    root: str | None = None

    def spec(self, settings: SandboxSettings, public: Path, data_dir: Path) -> SandboxEnvironmentSpec:
        return SandboxEnvironmentSpec("local")

    def setup(self, public: Path) -> str | None:
        return f"#!/bin/sh\nset -e\nmkdir -p submission code logs\nln -s {shlex.quote(str(public))} data\n"

    async def handle(self) -> str:
        return (await _run(sandbox(), ["pwd", "-P"])).strip()

    async def take_out(self, handle: str, path: str, dest: Path, cap: int, *, as_root: bool = False) -> int:
        source = Path(handle, path)
        async with _gate():
            return await anyio.to_thread.run_sync(lambda: extraction.copy_local(source, dest, cap))

    async def take_folder(self, handle: str, path: str, dest: Path, cap: int) -> Taken:
        command = ["tar", "-c", "-f", "-", "-C", handle, "--", path]
        async with _gate():
            return await anyio.to_thread.run_sync(lambda: extraction.copy_folder(command, dest, cap))

    @asynccontextmanager
    async def frozen(self, handle: str) -> AsyncIterator[None]:
        yield

    async def disk_use(self, handle: str) -> int | None:
        return None

    async def describe(self, handle: str) -> dict[str, Any]:
        return {}


class Kubernetes:
    """Pods of a cluster, through the package inspect-k8s-sandbox."""

    name = "k8s"
    paths = GuestPaths()
    isolated = True
    root: str | None = "root"

    def spec(self, settings: SandboxSettings, public: Path, data_dir: Path) -> SandboxEnvironmentSpec:
        from mlebench_inspect.sandboxes.kubernetes import kubernetes_spec

        return kubernetes_spec(settings, public.relative_to(data_dir))

    def setup(self, public: Path) -> str | None:
        return None

    async def handle(self) -> str:
        return (await _run(sandbox(), ["hostname"])).strip()

    async def take_out(self, handle: str, path: str, dest: Path, cap: int, *, as_root: bool = False) -> int:
        async with _gate():
            return await extraction.read_out(sandbox(), path, dest, cap, user=self.root if as_root else None)

    async def take_folder(self, handle: str, path: str, dest: Path, cap: int) -> Taken:
        parent, _, name = path.rpartition("/")
        script = 'umask 077; f=$(mktemp) && tar -c -C "$1" -- "$2" 2>/dev/null | head -c "$3" >"$f"; echo "$f"'
        most = 10 * cap
        packed = (await _run(sandbox(), ["/bin/sh", "-c", script, "sh", parent, name, str(most)], 600)).strip()
        stream = dest.with_name(f"{dest.name}.tar")
        try:
            await self.take_out(handle, packed, stream, most)
            command = ["cat", "--", str(stream)]
            return await anyio.to_thread.run_sync(lambda: extraction.copy_folder(command, dest, cap))
        finally:
            stream.unlink(missing_ok=True)
            await sandbox().exec(["rm", "-f", "--", packed], timeout=60)

    @asynccontextmanager
    async def frozen(self, handle: str) -> AsyncIterator[None]:
        # Every process of the agent's but the shell that says so; commands still work.
        await sandbox().exec(["/bin/sh", "-c", "kill -STOP -1"], timeout=60)
        try:
            yield
        finally:
            with anyio.CancelScope(shield=True):
                await sandbox().exec(["/bin/sh", "-c", "kill -CONT -1"], timeout=60)

    async def disk_use(self, handle: str) -> int | None:
        return None  # the pod's ephemeral-storage limit

    async def describe(self, handle: str) -> dict[str, Any]:
        return {"pod": handle}


async def _docker(*arguments: str) -> subprocess.CompletedProcess[str]:
    """A docker command that is over at once; outside Inspect's own limit, which long commands of agents may hold."""

    def call() -> subprocess.CompletedProcess[str]:
        try:
            return subprocess.run(["docker", *arguments], capture_output=True, text=True, timeout=120)
        except subprocess.TimeoutExpired:
            return subprocess.CompletedProcess(arguments, 124, "", "no answer")

    return await anyio.to_thread.run_sync(call)


async def _run(box: SandboxEnvironment, command: list[str], timeout: int = 60) -> str:
    result = await box.exec(command, timeout=timeout)
    if not result.success:
        raise RuntimeError(f"{command[0]} failed in the sandbox: {result.stderr[:300]}")
    return result.stdout


PROVIDERS: dict[str, Provider] = {p.name: p for p in (Docker(), Kubernetes(), Local())}


def provider(name: str) -> Provider:
    """The provider of that name.

    Raises:
        ValueError: There is none.
    """
    try:
        return PROVIDERS[name]
    except KeyError:
        raise ValueError(f"there is no sandbox provider {name!r}; choose one of {', '.join(PROVIDERS)}") from None


def guest_file(name: str) -> str:
    """Text of a file of `guest/`, to be put into a sandbox."""
    return (Path(__file__).parent / "guest" / name).read_text(encoding="utf-8")

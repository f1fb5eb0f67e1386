"""Docker as a provider of sandboxes."""

from __future__ import annotations

import json
import posixpath
import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import asdict
from pathlib import Path
from typing import IO, Any, TypeVar
from weakref import WeakValueDictionary

import anyio
import anyio.to_thread
from inspect_ai.util import SandboxEnvironment, SandboxEnvironmentSpec, sandbox

from mlebench_inspect.sandboxes import apart, bringing, compose, engine, extraction, host
from mlebench_inspect.sandboxes.compose import SandboxSettings, Transport
from mlebench_inspect.sandboxes.disk import Meter
from mlebench_inspect.sandboxes.extraction import Missing, Taken, Unreadable
from mlebench_inspect.sandboxes.gpus import GPU_SANDBOX, gpus_wanted
from mlebench_inspect.sandboxes.host import Ended, HostError
from mlebench_inspect.sandboxes.own_commands import EngineCommands
from mlebench_inspect.sandboxes.packing import PublicData, packed
from mlebench_inspect.sandboxes.provider import GuestPaths, guest_file, output_of

T = TypeVar("T")
_LONGEST = 6 * 3600
"""Seconds for copying the data."""
_NO_SUCH_FILE = re.compile(r"could not find the file .* in container|could not be found on container", re.IGNORECASE)


class Docker:
    """Containers of this host's (or DOCKER_HOST's) engine."""

    name = "docker"
    paths = GuestPaths()
    isolated = True
    root: str | None = "root"
    waits_for_free = True
    transports: tuple[Transport, ...] = ("mount", "copy")

    def __init__(self) -> None:
        self._brought: dict[str, int] = {}
        self._freezing: WeakValueDictionary[str, anyio.Lock] = WeakValueDictionary()

    def spec(
        self, settings: SandboxSettings, public: Path, data_dir: Path, description: Path | None = None
    ) -> SandboxEnvironmentSpec:
        config = compose.docker_config(settings, public, description)
        return SandboxEnvironmentSpec(GPU_SANDBOX if gpus_wanted(config) else "docker", config)

    def setup(self, public: Path, description: Path | None = None) -> str | None:
        return None

    def transport(self, settings: SandboxSettings) -> tuple[Transport, str | None]:
        if settings.data_transport is not None:
            return settings.data_transport, None
        why = engine.cannot_mount(settings.runtime)
        return ("copy", why) if why else ("mount", None)

    async def handle(self, container: str) -> str:
        return container

    def commands(self, handle: str) -> SandboxEnvironment:
        return EngineCommands(sandbox(), handle)

    async def settle(self, handle: str) -> tuple[dict[str, Any], dict[str, Any]]:
        found = await self._inspected(handle)
        return self._given(found), await apart.set_apart(handle, found)

    async def bring(self, handle: str, data: PublicData, *, copy: bool) -> dict[str, Any]:
        if not copy:
            return {}
        parent = posixpath.dirname(self.paths.data)
        opened = packed(data)
        archive = await anyio.to_thread.run_sync(opened.__enter__)
        try:
            command = ["docker", "cp", "-", f"{handle}:{parent}"]
            ended = await host.call(command, timeout=_LONGEST, input=archive.file)
        finally:
            await anyio.to_thread.run_sync(opened.__exit__, None, None, None)
        if ended.returncode != 0:
            raise HostError(f"the data cannot be copied into the container: {ended.complaint}")
        script = guest_file(bringing.SCRIPT)
        command = ["python3", "-I", "-c", script, "seal", self.paths.data]
        told = await output_of(EngineCommands(sandbox(), handle), command, _LONGEST)
        found = bringing.matching(told, archive.contents, self.paths.data)
        try:  # what lies there before the agent begins is none of its writing
            self._brought[handle] = (await Meter(handle).look(1 << 62)).size
        except HostError:
            self._brought[handle] = found.size
        return {"data": "copied", "copied": asdict(found)}

    async def take_out(
        self, handle: str, path: str, dest: Path, cap: int, *, as_root: bool = False, timeout: float = 600
    ) -> int:
        return await self._archive(handle, path, lambda s: extraction.file_from_tar(s, dest, cap), timeout)

    async def take_folder(self, handle: str, path: str, dest: Path, cap: int, *, timeout: float = 600) -> Taken:
        return await self._archive(handle, path, lambda s: extraction.folder_from_tar(s, dest, cap), timeout)

    async def responds(self, handle: str) -> bool:
        try:
            await self._archive(handle, "/etc/passwd", extraction.require_member, 60)
        except (HostError, Missing):
            return False
        return True

    async def _archive(self, handle: str, path: str, consume: Callable[[IO[bytes]], T], timeout: float) -> T:
        """What `consume` makes of the tar stream of a path; the daemon makes it from one inode and follows no link."""

        def attempt(stream: IO[bytes]) -> T | Unreadable:
            try:
                return consume(stream)
            except Unreadable as ex:
                return ex

        result, ended = await host.stream(["docker", "cp", "--", f"{handle}:{path}", "-"], attempt, timeout=timeout)
        if not isinstance(result, Unreadable):
            return result
        if _NO_SUCH_FILE.search(ended.complaint):
            raise Missing("there is no such file")
        raise Unreadable(f"docker cp: {ended.complaint or result}")

    @asynccontextmanager
    async def frozen(self, handle: str) -> AsyncIterator[bool]:
        async with self._freezing.setdefault(handle, anyio.Lock()):  # so that nobody else thaws it meanwhile
            paused = await self._command("pause", handle)
            try:
                yield paused.returncode == 0 or "is not running" in paused.complaint
            finally:
                if paused.returncode == 0:
                    with anyio.CancelScope(shield=True):
                        await self._command("unpause", handle)

    async def lost(self, handle: str) -> bool:
        result = await self._command("inspect", "--format", "{{.State.Running}} {{.State.OOMKilled}}", handle)
        return result.stdout.split() == [b"false", b"false"] or "no such object" in result.complaint.lower()

    def sentinel(self, handle: str) -> list[str] | None:
        return ["docker", "wait", handle]

    def disk_meter(self, handle: str) -> Meter | None:
        return Meter(handle, self._brought.get(handle, 0))

    async def _inspected(self, handle: str) -> dict[str, Any]:
        """What the engine knows of the container; empty where it does not tell."""
        result = await self._command("inspect", handle)
        if result.returncode != 0:
            return {}
        (found,) = json.loads(result.stdout)
        return dict(found)

    @staticmethod
    def _given(found: dict[str, Any]) -> dict[str, Any]:
        if not found:
            return {}
        given = found["HostConfig"]
        devices = given.get("DeviceRequests") or []
        return {
            "image": found["Config"]["Image"],
            "image_id": found["Image"],
            "user": found["Config"]["User"],
            "cpus": given["NanoCpus"] / 1e9,
            "memory": given["Memory"],
            "shm_size": given["ShmSize"],
            "network": given["NetworkMode"],
            "runtime": given["Runtime"],
            "gpus": sum(len(r.get("DeviceIDs") or []) or r.get("Count", 0) for r in devices),
            "gpu_ids": [i for r in devices for i in r.get("DeviceIDs") or []],
        }

    @staticmethod
    async def _command(*arguments: str) -> Ended:
        """A docker command that is over at once; outside Inspect's own limit, which agents' commands may hold."""
        try:
            return await host.call(["docker", *arguments], timeout=120)
        except HostError as ex:
            return Ended(124, b"", str(ex).encode())

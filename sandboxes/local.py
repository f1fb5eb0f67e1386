"""A folder of this host as a sandbox, for trusted solvers and tests."""

from __future__ import annotations

import shlex
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import anyio.to_thread
from inspect_ai.util import SandboxEnvironment, SandboxEnvironmentSpec, sandbox

from mlebench_inspect.sandboxes import extraction, host
from mlebench_inspect.sandboxes.compose import SandboxSettings
from mlebench_inspect.sandboxes.disk import Meter
from mlebench_inspect.sandboxes.extraction import Taken
from mlebench_inspect.sandboxes.host import HostError
from mlebench_inspect.sandboxes.mounted import Mounted
from mlebench_inspect.sandboxes.provider import GuestPaths, output_of


class Local(Mounted):
    """A temporary folder of this host and no isolation at all: for trusted solvers and tests."""

    name = "local"
    paths = GuestPaths("data", "submission", "code", "logs", "instructions.txt")
    isolated = False
    root: str | None = None
    waits_for_free = True

    def spec(
        self, settings: SandboxSettings, public: Path, data_dir: Path, description: Path | None = None
    ) -> SandboxEnvironmentSpec:
        return SandboxEnvironmentSpec("local")

    def setup(self, public: Path, description: Path | None = None) -> str | None:
        data = f"ln -s {shlex.quote(str(public))} data"
        if description is not None:
            links = f"find {shlex.quote(str(public))} -mindepth 1 -maxdepth 1 ! -name description.md"
            data = f"mkdir data\n{links} -exec ln -s {{}} data/ ';'\ncp {shlex.quote(str(description))} "
            data += "data/description.md"
        return f"#!/bin/sh\nset -e\nmkdir -p submission code logs\n{data}\n"

    async def handle(self, container: str) -> str:
        return (await output_of(sandbox(), ["pwd", "-P"])).strip()

    def commands(self, handle: str) -> SandboxEnvironment:
        return sandbox()  # whose paths are relative to its folder

    async def settle(self, handle: str) -> tuple[dict[str, Any], dict[str, Any]]:
        return {}, {}

    async def take_out(
        self, handle: str, path: str, dest: Path, cap: int, *, as_root: bool = False, timeout: float = 600
    ) -> int:
        if not Path(handle).is_dir():
            raise HostError(f"the sandbox's folder {handle} is gone")
        return await anyio.to_thread.run_sync(extraction.copy_local, Path(handle, path), dest, cap)

    async def take_folder(self, handle: str, path: str, dest: Path, cap: int, *, timeout: float = 600) -> Taken:
        command = ["tar", "-c", "-f", "-", "-C", handle, "--", path]
        taken, _ = await host.stream(command, lambda s: extraction.folder_from_tar(s, dest, cap), timeout=timeout)
        return taken

    async def responds(self, handle: str) -> bool:
        return Path(handle).is_dir()

    @asynccontextmanager
    async def frozen(self, handle: str) -> AsyncIterator[bool]:
        yield False

    async def lost(self, handle: str) -> bool:
        return not Path(handle).is_dir()

    def sentinel(self, handle: str) -> list[str] | None:
        return None

    def disk_meter(self, handle: str) -> Meter | None:
        return None

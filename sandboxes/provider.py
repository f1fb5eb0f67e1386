"""The sandbox providers behind one small interface; the rest of the package does not know which one runs."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import anyio.to_thread
from inspect_ai.util import SandboxEnvironment, SandboxEnvironmentSpec, sandbox

from mlebench_inspect.sandboxes import compose, extraction
from mlebench_inspect.sandboxes.compose import SandboxSettings


@dataclass(frozen=True)
class GuestPaths:
    """Where things lie as the agent sees them; folders without a trailing slash."""

    data: str = compose.DATA
    submission: str = compose.SUBMISSION
    code: str = compose.CODE
    logs: str = compose.LOGS
    instructions: str = "/home/instructions.txt"

    @property
    def submission_file(self) -> str:
        """The file that is graded."""
        return f"{self.submission}/submission.csv"


class Provider(Protocol):
    """What differs between Docker, Kubernetes and the local sandbox."""

    name: str
    paths: GuestPaths

    def spec(self, settings: SandboxSettings, public: Path, competition_id: str) -> SandboxEnvironmentSpec:
        """Sandbox of one sample."""
        ...

    def setup(self, public: Path) -> str | None:
        """Script that is run in the sandbox before the agent starts, if one is needed."""
        ...

    async def handle(self) -> str:
        """What names the running sandbox from outside; taken at the start, while it surely answers."""
        ...

    async def take_out(self, handle: str, path: str, dest: Path, cap: int) -> int:
        """Copies a regular file out of the running sandbox to the new file `dest`; returns its size.

        Raises:
            Refused: Missing, not a regular file, larger than `cap` bytes, or changed while it was read.
        """
        ...


class Docker:
    """Containers of this host's (or DOCKER_HOST's) engine."""

    name = "docker"
    paths = GuestPaths()

    def spec(self, settings: SandboxSettings, public: Path, competition_id: str) -> SandboxEnvironmentSpec:
        return SandboxEnvironmentSpec("docker", compose.docker_config(settings, public))

    def setup(self, public: Path) -> str | None:
        return None

    async def handle(self) -> str:
        connection = await sandbox().connection()
        return connection.container or ""

    async def take_out(self, handle: str, path: str, dest: Path, cap: int) -> int:
        return await anyio.to_thread.run_sync(
            lambda: extraction.copy_out(handle, path, dest, cap), abandon_on_cancel=False
        )


class Local:
    """A temporary folder of this host and no isolation at all: for trusted solvers and tests."""

    name = "local"
    paths = GuestPaths("data", "submission", "code", "logs", "instructions.txt")

    def spec(self, settings: SandboxSettings, public: Path, competition_id: str) -> SandboxEnvironmentSpec:
        return SandboxEnvironmentSpec("local")

    def setup(self, public: Path) -> str | None:
        return f"#!/bin/sh\nset -e\nmkdir -p submission code logs\nln -s {shlex.quote(str(public))} data\n"

    async def handle(self) -> str:
        return (await _run(sandbox(), ["pwd", "-P"])).strip()

    async def take_out(self, handle: str, path: str, dest: Path, cap: int) -> int:
        source = Path(handle, path)
        return await anyio.to_thread.run_sync(lambda: extraction.copy_local(source, dest, cap))


async def _run(box: SandboxEnvironment, command: list[str]) -> str:
    result = await box.exec(command, timeout=60)
    if not result.success:
        raise RuntimeError(f"{command[0]} failed in the sandbox: {result.stderr[:300]}")
    return result.stdout


PROVIDERS: dict[str, Provider] = {"docker": Docker(), "local": Local()}


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

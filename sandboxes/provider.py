"""The sandbox providers behind one small interface; the rest of the package does not know which one runs."""

from __future__ import annotations

import contextlib
import json
import re
import shlex
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Protocol, TypeVar
from weakref import WeakValueDictionary

import anyio
import anyio.to_thread
from inspect_ai.util import ExecResult, SandboxEnvironment, SandboxEnvironmentSpec, sandbox

from mlebench_inspect.sandboxes import apart, compose, extraction, host
from mlebench_inspect.sandboxes.compose import SandboxSettings
from mlebench_inspect.sandboxes.disk import Meter
from mlebench_inspect.sandboxes.extraction import Missing, Refused, Taken, Unreadable
from mlebench_inspect.sandboxes.host import Ended, HostError, HostTimeout
from mlebench_inspect.sandboxes.own_commands import EngineCommands, OwnCommands

T = TypeVar("T")


@dataclass(frozen=True)
class GuestPaths:
    """Where things lie as the agent sees them; folders without a trailing slash."""

    data: str = compose.DATA
    submission: str = compose.SUBMISSION
    code: str = compose.CODE
    logs: str = compose.LOGS
    instructions: str = "/home/instructions.txt"
    check: str = "/home/validate_submission.sh"
    score: str = "/home/score_predictions.sh"

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

    def spec(
        self, settings: SandboxSettings, public: Path, data_dir: Path, description: Path | None = None
    ) -> SandboxEnvironmentSpec:
        """Sandbox of one sample that sees the folder `public`, which lies in `data_dir`.

        Args:
            settings: Hardware and isolation.
            public: What the agent sees of the data.
            data_dir: Data folder.
            description: File that takes the place of description.md in `public`.

        Raises:
            ValueError: A setting has no meaning with this provider.
        """
        ...

    def setup(self, public: Path, description: Path | None = None) -> str | None:
        """Script that is run in the sandbox before the agent starts, if one is needed; see `spec`."""
        ...

    async def handle(self, container: str) -> str:
        """What names the running sandbox from outside; taken at the start, while it surely answers.

        Args:
            container: The name of its container, where Inspect tells one.
        """
        ...

    def commands(self, handle: str) -> SandboxEnvironment:
        """The running sandbox for commands of our own, which wait for none of the agent's."""
        ...

    async def settle(self, handle: str) -> tuple[dict[str, Any], dict[str, Any]]:
        """Keeps the sandbox's agent from using up what others share with it.

        Returns:
            For the log: what the provider gave to the sandbox (image and limits), and what came of that.
        """
        ...

    async def take_out(
        self, handle: str, path: str, dest: Path, cap: int, *, as_root: bool = False, timeout: float = 600
    ) -> int:
        """Copies a regular file out of the running sandbox to the new file `dest`; returns its size.

        Raises:
            Refused: Missing, not a regular file, larger than `cap` bytes, or changed while it was read.
            HostError: The sandbox or this host does not do its part; `Unreadable` where it is the sandbox's archive.
        """
        ...

    async def take_folder(self, handle: str, path: str, dest: Path, cap: int, *, timeout: float = 600) -> Taken:
        """Copies a folder's regular files to the new tar.gz file `dest`, at most `cap` bytes of them.

        Raises:
            HostError: There is no such folder, or it cannot be read or written.
        """
        ...

    async def responds(self, handle: str) -> bool:
        """Whether a file that no agent can alter can be read out: if not, a fault is the host's, not an agent's."""
        ...

    def frozen(self, handle: str) -> AbstractAsyncContextManager[bool]:
        """While this is open, no process of the agent runs; False where that could not be had.

        Commands may not work in the sandbox meanwhile.
        """
        ...

    async def lost(self, handle: str) -> bool:
        """Whether the sandbox has ended, and not for want of memory: an agent cannot bring that about."""
        ...

    def sentinel(self, handle: str) -> list[str] | None:
        """A host's command that ends with the sandbox (code 0), or as soon as that can no longer be followed (others).

        None where there is no such command.
        """
        ...

    def disk_meter(self, handle: str) -> Meter | None:
        """What tells how much of the host's disk the sandbox takes; None where the provider itself sets a limit."""
        ...


_NO_SUCH_FILE = re.compile(r"could not find the file .* in container|could not be found on container", re.IGNORECASE)


class Docker:
    """Containers of this host's (or DOCKER_HOST's) engine."""

    name = "docker"
    paths = GuestPaths()
    isolated = True
    root: str | None = "root"

    def __init__(self) -> None:
        self._freezing: WeakValueDictionary[str, anyio.Lock] = WeakValueDictionary()

    def spec(
        self, settings: SandboxSettings, public: Path, data_dir: Path, description: Path | None = None
    ) -> SandboxEnvironmentSpec:
        return SandboxEnvironmentSpec("docker", compose.docker_config(settings, public, description))

    def setup(self, public: Path, description: Path | None = None) -> str | None:
        return None

    async def handle(self, container: str) -> str:
        return container

    def commands(self, handle: str) -> SandboxEnvironment:
        return EngineCommands(sandbox(), handle)

    async def settle(self, handle: str) -> tuple[dict[str, Any], dict[str, Any]]:
        found = await self._inspected(handle)
        return self._given(found), await apart.set_apart(handle, found)

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
        return Meter(handle)

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


class Local:
    """A temporary folder of this host and no isolation at all: for trusted solvers and tests."""

    name = "local"
    paths = GuestPaths("data", "submission", "code", "logs", "instructions.txt")
    isolated = False
    root: str | None = None

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
        return (await _run(sandbox(), ["pwd", "-P"])).strip()

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


class Kubernetes:
    """Pods of a cluster, through the package inspect-k8s-sandbox."""

    name = "k8s"
    paths = GuestPaths()
    isolated = True
    root: str | None = "root"

    def spec(
        self, settings: SandboxSettings, public: Path, data_dir: Path, description: Path | None = None
    ) -> SandboxEnvironmentSpec:
        from mlebench_inspect.sandboxes.kubernetes import kubernetes_spec

        if description is not None:
            raise ValueError(
                "-T description=obfuscated needs the sandbox docker: a cluster's pods see description.md of the volume"
            )
        return kubernetes_spec(settings, public.relative_to(data_dir))

    def setup(self, public: Path, description: Path | None = None) -> str | None:
        return None

    async def handle(self, container: str) -> str:
        return (await _run(sandbox(), ["hostname"])).strip()

    def commands(self, handle: str) -> SandboxEnvironment:
        return OwnCommands(sandbox())

    async def settle(self, handle: str) -> tuple[dict[str, Any], dict[str, Any]]:
        # apart is a matter of the cluster: its runtime (gVisor unless told otherwise) and user namespaces
        return {"pod": handle}, {}

    async def take_out(
        self, handle: str, path: str, dest: Path, cap: int, *, as_root: bool = False, timeout: float = 600
    ) -> int:
        try:
            with anyio.fail_after(timeout):
                return await extraction.read_out(sandbox(), path, dest, cap, user=self.root if as_root else None)
        except TimeoutError:
            raise HostTimeout(f"the pod did not hand the file over within {timeout:.0f} seconds") from None

    async def take_folder(self, handle: str, path: str, dest: Path, cap: int, *, timeout: float = 600) -> Taken:
        parent, _, name = path.rpartition("/")
        script = 'umask 077; f=$(mktemp) && tar -c -C "$1" -- "$2" 2>/dev/null | head -c "$3" >"$f"; echo "$f"'
        most = 10 * cap
        packed = (await _run(sandbox(), ["/bin/sh", "-c", script, "sh", parent, name, str(most)], 600)).strip()
        stream = dest.with_name(f"{dest.name}.tar")
        try:
            await self.take_out(handle, packed, stream, most, timeout=timeout)
            return await anyio.to_thread.run_sync(_filtered, stream, dest, cap)
        except Refused as ex:
            raise Unreadable(str(ex)) from ex
        finally:
            stream.unlink(missing_ok=True)
            with anyio.CancelScope(shield=True), contextlib.suppress(Exception):
                await sandbox().exec(["rm", "-f", "--", packed], timeout=60)

    async def responds(self, handle: str) -> bool:
        try:
            return (await sandbox().exec(["cat", "/etc/passwd"], timeout=60)).success
        except Exception:  # whatever the cluster's client raises
            return False

    @asynccontextmanager
    async def frozen(self, handle: str) -> AsyncIterator[bool]:
        # Every process of the agent's but the shell that says so; commands still work.
        stopped = await self._signal("STOP")
        try:
            yield stopped
        finally:
            with anyio.CancelScope(shield=True):
                await self._signal("CONT")

    @staticmethod
    async def _signal(name: str) -> bool:
        try:
            return (await sandbox().exec(["/bin/sh", "-c", f"kill -{name} -1"], timeout=60)).success
        except Exception:  # whatever the cluster's client raises
            return False

    async def lost(self, handle: str) -> bool:
        return not await self.responds(handle)

    def sentinel(self, handle: str) -> list[str] | None:
        return None

    def disk_meter(self, handle: str) -> Meter | None:
        return None  # the pod's ephemeral-storage limit


def _filtered(stream: Path, dest: Path, cap: int) -> Taken:
    with open(stream, "rb") as source:
        return extraction.folder_from_tar(source, dest, cap)


async def _run(box: SandboxEnvironment, command: list[str], timeout: int = 60) -> str:
    result = await box.exec(command, timeout=timeout)
    if not result.success:
        raise HostError(f"{command[0]} failed in the sandbox: {complaint(result)}")
    return result.stdout


def complaint(result: ExecResult[str], most: int = 300) -> str:
    """Why a command in a sandbox failed, in one line: the end of what it said, or else its code."""
    return " ".join(result.stderr.split())[-most:] or f"it ended with code {result.returncode} and said nothing"


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

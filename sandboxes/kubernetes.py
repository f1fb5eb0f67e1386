"""Pods of a cluster as sandboxes."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import anyio
import anyio.to_thread
from inspect_ai.util import SandboxEnvironment, SandboxEnvironmentSpec, sandbox

from mlebench_inspect.sandboxes import extraction
from mlebench_inspect.sandboxes.compose import SandboxSettings
from mlebench_inspect.sandboxes.disk import Meter
from mlebench_inspect.sandboxes.extraction import Refused, Taken, Unreadable
from mlebench_inspect.sandboxes.host import HostTimeout
from mlebench_inspect.sandboxes.own_commands import OwnCommands
from mlebench_inspect.sandboxes.provider import GuestPaths, output_of


class Kubernetes:
    """Pods of a cluster, through the package inspect-k8s-sandbox."""

    name = "k8s"
    paths = GuestPaths()
    isolated = True
    root: str | None = "root"

    def spec(
        self, settings: SandboxSettings, public: Path, data_dir: Path, description: Path | None = None
    ) -> SandboxEnvironmentSpec:
        from mlebench_inspect.sandboxes.helm import kubernetes_spec

        if description is not None:
            raise ValueError(
                "-T description=obfuscated needs the sandbox docker: a cluster's pods see description.md of the volume"
            )
        return kubernetes_spec(settings, public.relative_to(data_dir))

    def setup(self, public: Path, description: Path | None = None) -> str | None:
        return None

    async def handle(self, container: str) -> str:
        return (await output_of(sandbox(), ["hostname"])).strip()

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
        packed = (await output_of(sandbox(), ["/bin/sh", "-c", script, "sh", parent, name, str(most)], 600)).strip()
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

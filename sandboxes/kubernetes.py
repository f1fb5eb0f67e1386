"""Pods of a cluster as sandboxes."""

from __future__ import annotations

import json
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any
from weakref import WeakValueDictionary

import anyio
from inspect_ai.util import SandboxEnvironment, SandboxEnvironmentSpec

from mlebench_inspect.sandboxes import chunks, pod
from mlebench_inspect.sandboxes.compose import SandboxSettings
from mlebench_inspect.sandboxes.disk import Meter
from mlebench_inspect.sandboxes.extraction import Refused, Taken, Unreadable
from mlebench_inspect.sandboxes.helm import NETWORK
from mlebench_inspect.sandboxes.host import HostError
from mlebench_inspect.sandboxes.mounted import Mounted
from mlebench_inspect.sandboxes.pod import PodCommands, PodHandle
from mlebench_inspect.sandboxes.provider import GuestPaths, guest_file, output_of

_MARKED = """
umask 022
mark=/var/lib/mlebench-$1
: >"$mark" && echo "$(hostname)"
"""
# What a pod without isolation has: a token of the cluster, and a way to its API, whose address every pod is told.
_LOOK = r"""
import json, os, socket

places = ("/var/run/secrets", "/run/secrets")
found = {os.path.realpath(f"{at}/{f}") for place in places for at, _, files in os.walk(place) for f in files}
tokens = sorted(f for f in found if "token" in f.lower())
host, port = (os.environ.get(f"KUBERNETES_SERVICE_{part}") for part in ("HOST", "PORT"))
api = None
if host and port:
    try:
        socket.create_connection((host, int(port)), timeout=3).close()
        api = True
    except OSError:
        api = False
print(json.dumps({"tokens": tokens[:5], "api": api, "address": f"{host}:{port}"}))
"""


class Kubernetes(Mounted):
    """Pods of a cluster, through the package inspect-k8s-sandbox."""

    name = "k8s"
    paths = GuestPaths()
    isolated = True
    root: str | None = "root"
    waits_for_free = False  # inspect-k8s-sandbox runs commands in a small number of threads

    def __init__(self) -> None:
        self._freezing: WeakValueDictionary[str, anyio.Lock] = WeakValueDictionary()

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
        from mlebench_inspect.sandboxes.pod_environment import give_files_to_agent

        give_files_to_agent(pod.raw())
        mark, place = uuid.uuid4().hex[:12], PodCommands(pod.raw(), "root")
        name = await output_of(place, ["/bin/sh", "-c", _MARKED, "sh", mark])
        return str(PodHandle(name.strip(), (await output_of(pod.raw(), ["id", "-un"])).strip(), mark))

    def commands(self, handle: str) -> SandboxEnvironment:
        return PodCommands(pod.raw(), PodHandle.of(handle).user)

    async def settle(self, handle: str) -> tuple[dict[str, Any], dict[str, Any]]:
        # apart is a matter of the cluster: its runtime (gVisor unless told otherwise) and its network policies
        this = PodHandle.of(handle)
        try:
            found = await pod.told_by_cluster()
        except Exception as ex:  # whatever the cluster's client raises
            raise HostError(f"the cluster's API does not tell of the pod {this.name}: {ex}") from ex
        network = (found["metadata"].get("annotations") or {}).get(NETWORK)
        given = {"pod": this.name, "user": this.user, **pod.given(found, network)}
        return given, await _isolation(PodCommands(pod.raw(), "root"), network)

    async def take_out(
        self, handle: str, path: str, dest: Path, cap: int, *, as_root: bool = False, timeout: float = 600
    ) -> int:
        user = self.root if as_root else None
        try:
            return await chunks.take_file(self.commands(handle), path, dest, cap, user=user, timeout=timeout)
        except (Refused, Unreadable) as ex:
            if await self.responds(handle):
                raise
            raise await _gone(ex) from ex

    async def take_folder(self, handle: str, path: str, dest: Path, cap: int, *, timeout: float = 600) -> Taken:
        take = partial(self.take_out, handle, timeout=timeout)
        most = 2 * cap  # it lies in the pod meanwhile, whose disk has a limit
        return await chunks.take_folder(self.commands(handle), path, dest, cap, take=take, most=most)

    async def responds(self, handle: str) -> bool:
        mark = f"/var/lib/mlebench-{PodHandle.of(handle).mark}"
        try:
            return (await PodCommands(pod.raw(), "root").exec(["test", "-f", mark], timeout=60)).success
        except Exception:  # whatever the cluster's client raises
            return False

    @asynccontextmanager
    async def frozen(self, handle: str) -> AsyncIterator[bool]:
        async with self._freezing.setdefault(handle, anyio.Lock()):  # so that nobody else thaws it meanwhile
            user = PodHandle.of(handle).user
            stopped = user != self.root and await _signal(user, "SIGSTOP")
            try:
                yield stopped
            finally:
                with anyio.CancelScope(shield=True):
                    await _signal(user, "SIGCONT")

    async def lost(self, handle: str) -> bool:
        return not await self.responds(handle) and not await _ran_out_of_memory()

    def sentinel(self, handle: str) -> list[str] | None:
        return None

    def disk_meter(self, handle: str) -> Meter | None:
        return None  # the pod's ephemeral-storage limit


async def _signal(user: str, name: str) -> bool:
    """Sends a signal to all processes of a user's."""
    command = ["python3", "-I", "-S", "-c", guest_file("signal_user.py"), user, name]
    try:
        return (await PodCommands(pod.raw(), "root").exec(command, timeout=60)).success
    except Exception:  # whatever the cluster's client raises
        return False


async def _isolation(place: SandboxEnvironment, network: str | None) -> dict[str, Any]:
    """What keeps the pod apart, as seen from inside.

    Raises:
        HostError: It holds a token of the cluster, or reaches its API, though the network is closed.
    """
    try:
        found = json.loads(await output_of(place, ["python3", "-I", "-c", _LOOK]))
    except ValueError as ex:
        raise HostError(f"the pod does not tell what it can reach: {ex}") from ex
    if found["tokens"]:
        raise HostError(
            f"the pod holds tokens ({', '.join(found['tokens'])}), which its agent could use: set "
            "automountServiceAccountToken: false, and inject none (see docs/kubernetes.md)"
        )
    if found["api"] and network == "none":
        raise HostError(
            f"the pod reaches the cluster's API at {found['address']}, so nothing enforces the network policies: "
            "install Cilium in the cluster (see docs/kubernetes.md)"
        )
    return {"tokens": 0, "api": {None: "unknown", True: "reachable", False: "unreachable"}[found["api"]]}


async def _ran_out_of_memory() -> bool:
    try:
        return pod.ran_out_of_memory(await pod.told_by_cluster())
    except Exception:  # whatever the cluster's client raises
        return False


async def _gone(ex: Exception) -> Exception:
    """Why a file cannot be had of a pod that lacks its mark, or does not answer."""
    if await _ran_out_of_memory():
        return Refused("its container ran out of memory and was started anew, without what the agent had left there")
    if isinstance(ex, Unreadable):
        return ex
    return HostError("the pod was replaced or started anew since the agent began, and what was in it is gone")

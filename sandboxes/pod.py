"""A pod from this package's side: commands in it that no agent can hold up, and what the cluster's API tells of it."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any, Self

import anyio
import anyio.to_thread
from inspect_ai.util import ExecResult, SandboxEnvironment, sandbox

from mlebench_inspect.sandboxes.own_commands import OwnCommands

_GRACE, _LONGEST = 30, 3600
"""Seconds that the host waits longer than the pod; and for a command without a deadline."""


@dataclass(frozen=True)
class PodHandle:
    """What names a sample's pod."""

    name: str
    user: str
    """The agent's."""
    mark: str
    """A file of root's that was put into the pod at the start; one that was started anew since lacks it."""

    def __str__(self) -> str:
        return f"{self.name} {self.user} {self.mark}"

    @classmethod
    def of(cls, text: str) -> Self:
        """From what `str` makes of one."""
        return cls(*text.split())


class PodCommands(OwnCommands):
    """Commands whose deadline is root's, whoever runs them.

    The provider runs a command, the shell around it and the `timeout` before it all as one user. Where that is the
    agent's, whoever stops or kills those two keeps the command from ever coming back, and one of the threads that all
    pods share with it.

    Args:
        inner: The pod as Inspect has it.
        user: The agent's, for commands that name none.
    """

    def __init__(self, inner: SandboxEnvironment, user: str) -> None:
        super().__init__(inner)
        self._user = user

    async def exec(  # type: ignore[override]
        self,
        cmd: list[str],
        input: str | bytes | None = None,
        cwd: str | None = None,
        env: dict[str, str] | None = None,
        user: str | None = None,
        timeout: int | None = None,
        **options: Any,
    ) -> ExecResult[str]:
        """As Inspect's; the pod's network may fail, too, so the host does not wait for ever.

        Raises:
            TimeoutError: It was not done in time.
        """
        user, limit = user or self._user, timeout or _LONGEST
        # within, one of the agent's own, since root has no right to kill what is another's
        as_user = cmd if user == "root" else ["runuser", "-u", user, "--", "timeout", "-k", "5", str(limit), *cmd]
        with anyio.fail_after(limit + _GRACE):
            return await super().exec(as_user, input=input, cwd=cwd, env=env, user="root", timeout=limit + 6)


def raw() -> Any:
    """The sample's pod as its package has it; unlike Inspect's, this records no commands in the transcript."""
    from k8s_sandbox import K8sSandboxEnvironment

    return sandbox().as_type(K8sSandboxEnvironment)


async def told_by_cluster() -> dict[str, Any]:
    """The sample's pod as the cluster's API has it.

    Raises:
        Exception: Whatever the cluster's client raises.
    """
    box = raw()
    name, release = box._pod.info.name, box.release
    return await anyio.to_thread.run_sync(_read, release.context_name, release.namespace, name)


def _read(context: str | None, namespace: str, name: str) -> dict[str, Any]:
    from k8s_sandbox._kubernetes_api import k8s_client

    # raw: the client's own objects take long to be made
    response = k8s_client(context).read_namespaced_pod(
        name=name, namespace=namespace, _preload_content=False, _request_timeout=(5, 60)
    )
    return dict(json.loads(response.data))


def ran_out_of_memory(pod: dict[str, Any]) -> bool:
    """Whether the agent's container was started anew since it had used up its memory."""
    ended = (_status(pod).get("lastState") or {}).get("terminated") or {}
    return ended.get("reason") == "OOMKilled"


def given(pod: dict[str, Any], network: str | None) -> dict[str, Any]:
    """What the sample's pod was given, for the log, in the words of Docker's."""
    spec = pod["spec"]
    container = spec["containers"][0]
    limits = (container.get("resources") or {}).get("limits") or {}
    shm = next((v["emptyDir"].get("sizeLimit") for v in spec.get("volumes") or [] if v.get("name") == "shm"), None)
    found = {
        "image": container["image"],
        "image_id": _status(pod).get("imageID"),
        "cpus": _quantity(limits.get("cpu")),
        "memory": _bytes(limits.get("memory")),
        "disk": _bytes(limits.get("ephemeral-storage")),
        "shm_size": _bytes(shm),
        "network": network,
        "runtime": spec.get("runtimeClassName"),
        "gpus": int(limits.get("nvidia.com/gpu") or 0),
        "node": spec.get("nodeName"),
    }
    return {k: v for k, v in found.items() if v is not None}


def _status(pod: dict[str, Any]) -> dict[str, Any]:
    """Of the agent's container, the first."""
    name = pod["spec"]["containers"][0]["name"]
    found = (pod.get("status") or {}).get("containerStatuses") or []
    return next((dict(s) for s in found if s["name"] == name), {})


_QUANTITY = re.compile(r"(\d+(?:\.\d+)?(?:[eE]\d+)?)(m|[kMGT]|[KMGT]i)?")
_UNITS = {"": 1, "m": 1e-3, "k": 1e3, "M": 1e6, "G": 1e9, "T": 1e12, "Ki": 2**10, "Mi": 2**20, "Gi": 2**30, "Ti": 2**40}


def _quantity(text: Any) -> float | None:
    """A quantity as a cluster writes it, such as `1500m` or `64Gi`."""
    found = _QUANTITY.fullmatch(str(text))
    return None if found is None else float(found[1]) * _UNITS[found[2] or ""]


def _bytes(text: Any) -> int | None:
    found = _quantity(text)
    return None if found is None else int(found)

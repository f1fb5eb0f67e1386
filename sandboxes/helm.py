"""Helm values of one sample for the package inspect-k8s-sandbox: a pod with the public data from a volume claim."""

from __future__ import annotations

import hashlib
import os
import tempfile
from pathlib import Path
from typing import Any

import yaml
from inspect_ai.util import SandboxEnvironmentSpec

from mlebench_inspect.sandboxes.compose import DATA, HOME, KEEP_ALIVE, SandboxSettings, merged, size_in_bytes

USER = "agent"
NETWORK = "mlebench-inspect/network"
"""Annotation of a pod: `none` where its network is closed, or else `open`."""
_OPENING = ("allowDomains", "allowCIDR", "allowEntities")
_COMMANDS = 512
"""Commands in pods that one process runs at once, each in a thread. The package's own number is four for each CPU, for
which the samples' long commands, and ours, would wait."""


def helm_values(settings: SandboxSettings, folder: Path) -> dict[str, Any]:
    """Values for the chart `agent-env` of inspect-k8s-sandbox.

    Args:
        settings: Hardware and isolation. `runtime` is the RuntimeClass (the chart's default is gVisor), `network` is
            `none` or, for more, settings of the chart in `compose_overrides`.
        folder: Where the sample's public data lies within the volume claim.

    Raises:
        ValueError: A setting has no meaning in a cluster.
    """
    if settings.network != "none":
        raise ValueError("with k8s, open the network by Helm values, as -T compose_overrides='{allowDomains: [...]}'")
    if settings.gpus == "all":
        raise ValueError("with k8s, gpus must be a number")
    limits: dict[str, Any] = {"ephemeral-storage": str(settings.disk_bytes())}
    if settings.cpus:
        limits["cpu"] = f"{settings.cpus:g}"
    if settings.memory:
        limits["memory"] = str(size_in_bytes(settings.memory))
    if settings.gpus:
        limits["nvidia.com/gpu"] = int(settings.gpus)
    volumes: list[dict[str, Any]] = [
        {"name": "data", "persistentVolumeClaim": {"claimName": settings.claim, "readOnly": True}}
    ]
    mounts: list[dict[str, Any]] = [{"name": "data", "mountPath": DATA, "subPath": folder.as_posix(), "readOnly": True}]
    if settings.shm_size:
        size = str(size_in_bytes(settings.shm_size))
        volumes.append({"name": "shm", "emptyDir": {"medium": "Memory", "sizeLimit": size}})
        mounts.append({"name": "shm", "mountPath": "/dev/shm"})
    service: dict[str, Any] = {
        "image": settings.image,
        "command": KEEP_ALIVE,
        "workingDir": HOME,
        "resources": {"limits": limits, "requests": limits},
        # Root starts the pod and the submission check; commands of the agent run as its user, for which root needs
        # just these two capabilities.
        "securityContext": {
            "runAsUser": 0,
            "allowPrivilegeEscalation": False,
            "capabilities": {"drop": ["ALL"], "add": ["SETUID", "SETGID"]},
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        "volumes": volumes,
        "volumeMounts": mounts,
        # the chart denies all then, and Cilium puts what is denied before what is allowed
        "networkIsolated": not any(settings.compose_overrides.get(name) for name in _OPENING),
    }
    if settings.runtime:
        service["runtimeClassName"] = settings.runtime
    # the chart's own default, but nobody's file of defaults may change it
    values = {"services": {"default": service}, "automountServiceAccountToken": False}
    result: dict[str, Any] = merged(values, settings.compose_overrides)
    isolated = result["services"]["default"].get("networkIsolated")
    result["annotations"] = {**(result.get("annotations") or {}), NETWORK: "none" if isolated else "open"}
    return result


def kubernetes_spec(settings: SandboxSettings, folder: Path) -> SandboxEnvironmentSpec:
    """Sandbox of one sample; the values lie in a temporary file named by their content.

    Raises:
        ValueError: The package is not installed, or a setting has no meaning in a cluster.
    """
    try:
        from k8s_sandbox import K8sSandboxEnvironmentConfig
    except ImportError:
        raise ValueError("the package inspect-k8s-sandbox is missing: pip install 'mlebench-inspect[k8s]'") from None
    text = yaml.safe_dump(helm_values(settings, folder), sort_keys=False)
    place = Path(tempfile.gettempdir(), f"mlebench-k8s-{os.getuid()}")
    place.mkdir(mode=0o700, exist_ok=True)
    if place.is_symlink() or place.stat().st_uid != os.getuid():
        raise ValueError(f"{place} is not a folder of yours; remove it")
    file = place / f"{hashlib.sha256(text.encode()).hexdigest()[:24]}.yaml"
    aside = file.with_suffix(f".{os.getpid()}")
    aside.write_text(text, encoding="utf-8")
    os.replace(aside, file)
    os.environ.setdefault("INSPECT_MAX_POD_OPS", str(_COMMANDS))  # an argument would clash with other tasks' own
    # a container that was started anew has lost what the agent did, so nothing may go on in it
    config = K8sSandboxEnvironmentConfig(
        values=file, default_user=settings.user or USER, restarted_container_behavior="raise"
    )
    return SandboxEnvironmentSpec("k8s", config)

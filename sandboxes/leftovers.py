"""Containers of this benchmark that a killed run left behind.

Neither Docker nor Inspect notes which process a container belongs to. But each Inspect process writes a trace of its
Docker calls to a file that bears its process id, beside the folder of its Compose files, which is a label of the
container.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from mlebench_inspect.sandboxes.building import IMAGES
from mlebench_inspect.sandboxes.compose import DATA
from mlebench_inspect.sandboxes.engine import EngineError
from mlebench_inspect.sandboxes.host import run_bounded

_PROJECT = "com.docker.compose.project"
_INSPECT = re.compile(r"inspect-[a-z\d\-_]*-i[a-z\d]{6,}")
_TRACE = re.compile(r"trace-(\d+)\.log")
_CHUNK = 2**20


@dataclass(frozen=True)
class Leftover:
    """A container that no living run of this host is known to use. `certain`: its run is known to have ended."""

    name: str
    project: str
    certain: bool


def leftovers(docker: str) -> list[Leftover]:
    """The engine's containers of this benchmark, without those of runs that are alive.

    Args:
        docker: Path of the docker command.

    Raises:
        EngineError: Docker cannot list them.
    """
    found = []
    for container in _containers(docker):
        labels = container["Config"].get("Labels") or {}
        project = labels.get(_PROJECT, "")
        if not _INSPECT.fullmatch(project) or not _is_ours(container):
            continue
        alive = _is_alive(project, labels.get(f"{_PROJECT}.config_files", ""))
        if alive is not True:
            found.append(Leftover(container["Name"].lstrip("/"), project, certain=alive is False))
    return sorted(found, key=lambda c: c.name)


def gpus_in_containers(docker: str) -> dict[str, str]:
    """The GPUs that this benchmark's running containers were given by their names, whoever runs them.

    Args:
        docker: Path of the docker command.

    Returns:
        The container by GPU.

    Raises:
        EngineError: Docker cannot list them.
    """
    return {
        gpu: container["Name"].lstrip("/")
        for container in _containers(docker)
        if container["State"].get("Running") and _is_ours(container)
        for request in container["HostConfig"].get("DeviceRequests") or []
        for gpu in request.get("DeviceIDs") or []
    }


def _containers(docker: str) -> list[dict[str, Any]]:
    listed = run_bounded([docker, "ps", "--all", "--quiet", "--filter", f"label={_PROJECT}"])
    if listed.returncode != 0:
        raise EngineError(f"docker ps failed ({listed.stderr.strip()[:200]})")
    if not listed.stdout.split():
        return []
    # a container that ends meanwhile is missing in the answer, and makes the code 1
    result = run_bounded([docker, "inspect", "--type", "container", *listed.stdout.split()])
    try:
        containers: list[dict[str, Any]] = json.loads(result.stdout)
    except ValueError:
        raise EngineError(f"docker inspect failed ({result.stderr.strip()[:200]})") from None
    return containers


def _is_ours(container: dict[str, Any]) -> bool:
    mounted = any(m.get("Destination") == DATA for m in container.get("Mounts") or [])
    return mounted or container["Config"].get("Image", "").split(":")[0] in IMAGES.values()


def _is_alive(project: str, compose_file: str) -> bool | None:
    """Whether the Inspect process that named the project lives; None where no trace here names it."""
    traces = Path(compose_file).parent.parent / "traces"
    try:
        files = [(int(match[1]), file) for file in traces.iterdir() if (match := _TRACE.fullmatch(file.name))]
        owners = [_lives(pid, file) for pid, file in files if _names(file, project.encode())]
    except OSError:
        return None
    return any(owners) if owners else None


def _lives(pid: int, trace: Path) -> bool:
    """Whether a trace's writer lives; a later process with the same number began after the last line."""
    try:
        return bool(psutil.Process(pid).create_time() <= trace.stat().st_mtime)
    except psutil.NoSuchProcess:
        return False
    except psutil.Error:
        return True


def _names(file: Path, word: bytes) -> bool:
    """Whether the file holds the word; read in pieces, as a trace may be large."""
    tail = b""
    with file.open("rb") as stream:
        while piece := stream.read(_CHUNK):
            if word in tail + piece:
                return True
            tail = piece[-len(word) :]
    return False

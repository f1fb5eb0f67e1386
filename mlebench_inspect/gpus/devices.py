"""The GPUs that samples may be given: what `nvidia-smi` lists, or those that the user names."""

from __future__ import annotations

import os
import platform
import re
from collections.abc import Iterable, Sequence
from functools import cache
from typing import NamedTuple

from mlebench_inspect.graders.errors import MlebenchError
from mlebench_inspect.sandboxes.host import run_bounded

PATIENCE = 60.0  # seconds; without its persistence mode, the driver is loaded anew for each call
_GPU = re.compile(r"GPU (\d+): .*\(UUID: ([\w-]+)\)\s*")
_PART = re.compile(r"\s+MIG .*\(UUID: ([\w/-]+)\)\s*")


class NoGpus(MlebenchError, RuntimeError):
    """There are not the GPUs that were asked for. One line with the mend."""


class Device(NamedTuple):
    """A GPU, or a MIG device: a part of one."""

    id: str
    """As the engine is told it."""
    key: str
    """The same for all that name it in any way; fit for a file's name."""
    names: tuple[str, ...] = ()
    """By which it may be named otherwise, such as its number."""
    part_of: str | None = None
    """Key of the GPU that it is a part of."""


def listed(text: str) -> list[Device]:
    """The devices in what `nvidia-smi -L` prints: each GPU, followed by its parts where it has any."""
    found: list[Device] = []
    whole = ""
    for line in text.splitlines():
        if gpu := _GPU.fullmatch(line):
            whole = gpu[2]
            found.append(Device(whole, whole, (gpu[1],)))
        elif (part := _PART.fullmatch(line)) and whole:
            found.append(Device(part[1], part[1].replace("/", "_"), (), whole))
    return found


def devices(ids: Sequence[str] | None = None) -> list[Device]:
    """What samples are given GPUs from.

    Args:
        ids: Numbers or UUIDs, of GPUs or of MIG devices; default: all that the engine's host has.

    Raises:
        NoGpus: There are none, or one of these is not there; the message tells what is.
    """
    there, why_not = _there(os.environ.get("PATH"), _remote())
    if not ids:
        if not there:
            raise NoGpus(f"{why_not}; name the GPUs by -T gpu_ids=0,1,..., or leave -T gpus out")
        divided = {d.part_of for d in there}
        return [d for d in there if d.key not in divided]
    found = [_named(name, there) for name in ids]
    chosen = {d.key: d for d in found}
    both = [d.id for d in found if d.part_of in chosen]
    if both:
        raise NoGpus(f"gpu_ids names {both[0]} and the GPU that it is a part of; name one of them")
    return list(chosen.values())


def _named(name: str, there: Sequence[Device]) -> Device:
    if not there:  # the engine is elsewhere, or there is no nvidia-smi: nobody can tell what else it is called
        engine = re.sub(r"\W+", "-", _remote() or platform.node())
        return Device(name, f"{engine}-{name}".replace("/", "_"))
    found = next((d for d in there if name in (d.id, *d.names)), None)
    if found is None:
        raise NoGpus(f"there is no GPU {name}; nvidia-smi lists {_words(there)}")
    parts = [d.id for d in there if d.part_of == found.key]
    if parts:
        raise NoGpus(f"the GPU {name} is divided; name its parts: -T gpu_ids={','.join(parts)}")
    return found


def _words(there: Iterable[Device]) -> str:
    return ", ".join(" = ".join((*d.names, d.id)) for d in there)


@cache
def _there(path: str | None, remote: str | None) -> tuple[list[Device], str]:
    """The GPUs of the engine's host, asked once in a process, and why there are none.

    Args:
        path: Where commands are looked for.
        remote: The engine's address, if it is another host's.
    """
    if remote:
        return [], f"the GPUs of the Docker engine at {remote} cannot be listed from here"
    told = run_bounded(["nvidia-smi", "-L"], PATIENCE)
    found = listed(told.stdout) if told.returncode == 0 else []
    if told.returncode == 127:
        return [], "there is no nvidia-smi on this host to list its GPUs"
    said = " ".join((told.stdout + told.stderr).split())[:200] or "nothing"
    return found, f"nvidia-smi -L lists no GPU (it says: {said})"


def _remote() -> str | None:
    """Address of the Docker engine if it is another host's."""
    chosen = (os.environ.get(name) for name in ("PATH", "DOCKER_HOST", "DOCKER_CONTEXT", "DOCKER_CONFIG"))
    address = _address(*chosen)
    return None if address.startswith(("unix:", "npipe:", "fd:")) or not address else address


@cache
def _address(*chosen: str | None) -> str:
    """Of the engine that these variables choose; empty where Docker does not tell."""
    told = run_bounded(["docker", "context", "inspect", "--format", "{{.Endpoints.docker.Host}}"], 10)
    return told.stdout.strip() if told.returncode == 0 else ""

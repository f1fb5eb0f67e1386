"""Keeps the containers of one engine apart where their kernel is one: each gets a user and terminals of its own."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from mlebench_inspect.sandboxes import host
from mlebench_inspect.sandboxes.host import HostError

TERMINALS = 128
"""Pseudo-terminals of one sandbox. A kernel has 3,072 for all containers together unless it is told otherwise."""
# Runtimes whose containers have the kernel of the engine, and so its terminals.
_SHARING = ("runc", "crun", "nvidia", "oci")
_GUEST = Path(__file__).parent / "guest"


async def set_apart(handle: str, found: dict[str, Any]) -> dict[str, Any]:
    """Gives a container, before any agent is at work in it, a user number and a number of terminals of its own.

    Kernels count inotify instances, pipe buffers, pending signals and more by user, so that samples of one user can
    take them from each other; and a process may set limits on others of its user, such as the container's first. An
    engine or an image with which this cannot be done runs on as it is.

    Args:
        handle: Of the container.
        found: What `docker inspect` tells of it; empty where it tells nothing.

    Returns:
        What came of it, for the log: `user`, or `user_kept` with the reason; `terminals`, or `terminals_kept`.
    """
    if not found:
        return dict.fromkeys(("user_kept", "terminals_kept"), f"the engine tells nothing of the container {handle}")
    user, pid = found["Config"]["User"].partition(":")[0], found["State"]["Pid"]
    return await _own_user(handle, user, pid) | await _own_terminals(found)


async def _own_user(handle: str, user: str, pid: int) -> dict[str, Any]:
    script = (_GUEST / "own_user.py").read_text(encoding="utf-8")
    inside = ["exec", "--privileged", "--user", "0", "--workdir", "/", handle]
    try:
        done = json.loads(await _told(["docker", *inside, "python3", "-I", "-S", "-c", script, user, str(pid)]))
    except (HostError, ValueError) as ex:
        return {"user_kept": str(ex)}
    return {"user": done["user"]} if "user" in done else {"user_kept": str(done.get("kept"))}


async def _own_terminals(found: dict[str, Any]) -> dict[str, Any]:
    """A container of the same image that may mount, and joins the other's processes: commands in that one may not."""
    runtime = found["HostConfig"]["Runtime"]
    if not any(name in runtime for name in _SHARING):
        return {"terminals_kept": f"the runtime {runtime} has its own"}
    command = ["docker", "run", "--rm", "--pull", "never", "--network", "none", "--log-driver", "none"]
    command += ["--pid", f"container:{found['Id']}", "--user", "0", "--workdir", "/", "--cap-drop", "ALL"]
    command += [part for right in ("SYS_ADMIN", "SYS_PTRACE", "SYS_CHROOT") for part in ("--cap-add", right)]
    command += [part for option in _UNCONFINED for part in ("--security-opt", option)]
    script = (_GUEST / "own_terminals.py").read_text(encoding="utf-8")
    try:
        await _told([*command, "--entrypoint", "python3", found["Image"], "-I", "-S", "-c", script, str(TERMINALS)])
    except HostError as ex:
        return {"terminals_kept": str(ex)}
    return {"terminals": TERMINALS}


_UNCONFINED = ("seccomp=unconfined", "apparmor=unconfined", "label=disable")


async def _told(command: list[str]) -> bytes:
    """What a docker command prints.

    Raises:
        HostError: It fails.
    """
    ended = await host.call(command, timeout=60)
    if ended.returncode != 0:
        raise HostError(ended.complaint or f"docker {command[1]} ended with code {ended.returncode}")
    return ended.stdout

"""What a sample really runs in: checked before the agent starts, and recorded in the log."""

from __future__ import annotations

import json
from typing import Any

from inspect_ai.util import SandboxEnvironment, StoreModel
from pydantic import Field

from mlebench_inspect.sandboxes.provider import GuestPaths, Provider, complaint


class UnfitSandbox(RuntimeError):
    """The sandbox lacks what every run needs. The message names all of it, with the mend."""


class Environment(StoreModel):
    """What the sandbox has, as its provider tells and as a process inside sees it."""

    given: dict[str, Any] = Field(default_factory=dict)
    seen: dict[str, Any] = Field(default_factory=dict)
    apart: dict[str, Any] = Field(default_factory=dict)
    """What keeps it apart from other sandboxes of the same engine, or why something does not."""

    @property
    def gpus(self) -> int:
        """How many GPUs it was given; where that was all there are, how many are seen in it."""
        given = self.given.get("gpus") or 0
        return int(given) if given >= 0 else len(self.seen.get("gpus") or [])


_REQUIREMENTS = """
for c in bash python3; do command -v $c >/dev/null || echo "command $c"; done
data=$1 proof=$2; shift 2
for d in "$@"; do [ -d "$d" ] && [ -w "$d" ] || echo "writable $d"; done
head -c 1 -- "$proof" >/dev/null && ls "$data" >/dev/null || echo "readable $proof"
"""

_PROBE = r"""
import importlib.metadata, json, os, platform, shutil, subprocess

def read(*paths):
    for path in paths:
        try:
            with open(path) as file:
                return file.read().strip()
        except OSError:
            pass

def gpus():
    try:
        out = subprocess.run(["nvidia-smi", "--query-gpu=name,memory.total,driver_version", "--format=csv,noheader"],
                             capture_output=True, text=True, timeout=60)
        return out.stdout.strip().splitlines() if out.returncode == 0 else []
    except (OSError, subprocess.TimeoutExpired):
        return []

packages = {}
for found in importlib.metadata.distributions():
    try:
        packages[found.metadata["Name"]] = found.version
    except Exception:
        pass
shm = os.path.isdir("/dev/shm") and shutil.disk_usage("/dev/shm").total
print(json.dumps({
    "python": platform.python_version(), "system": platform.platform(), "user": os.getuid(),
    "cpus": os.cpu_count(),
    "cpu_limit": read("/sys/fs/cgroup/cpu.max", "/sys/fs/cgroup/cpu/cpu.cfs_quota_us"),
    "memory_limit": read("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"),
    "shm": shm, "disk_free": shutil.disk_usage("/").free, "gpus": gpus(),
    "packages": dict(sorted(packages.items(), key=lambda p: str(p[0]).lower())),
}))
"""


async def check_requirements(place: SandboxEnvironment, paths: GuestPaths, proof: str) -> None:
    """Refuses a sandbox, such as a user's own image, without what every run needs.

    Args:
        place: The sandbox.
        paths: Where things lie in it.
        proof: A file of the data, which the agent's user must be able to read.

    Raises:
        UnfitSandbox: Naming all that is missing.
    """
    folders = (paths.submission, paths.code, paths.logs)
    result = await place.exec(["/bin/sh", "-c", _REQUIREMENTS, "sh", paths.data, proof, *folders], timeout=120)
    if not result.success:
        raise UnfitSandbox(f"the sandbox does not run /bin/sh: {complaint(result)}")
    problems = []
    for line in result.stdout.splitlines():
        kind, _, what = line.partition(" ")
        if kind == "command":
            problems.append(f"there is no {what}: install it in the image")
        elif kind == "readable":
            problems.append(
                f"the container's user cannot read {what}: make the prepared data readable on the host with "
                "chmod -R a+rX DATA_DIR/ID/prepared/public"
            )
        else:
            problems.append(f"{what} is not a folder that the container's user can write: make it, and chown it to it")
    if problems:
        raise UnfitSandbox("the sandbox is unfit for a run: " + "; ".join(problems) + " (see docs/sandbox.md)")


async def record_environment(place: SandboxEnvironment, box: Provider, handle: str, environment: Environment) -> None:
    """Notes what the sandbox has. A probe that fails is noted too; it ends no run."""
    environment.given = await box.describe(handle)
    result = await place.exec(["python3", "-I", "-c", _PROBE], timeout=300)
    try:
        environment.seen = json.loads(result.stdout)
    except ValueError:
        environment.seen = {"error": result.stderr.strip()[-300:] or "no answer"}

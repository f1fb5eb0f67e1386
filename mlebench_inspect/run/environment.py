"""What a sample really runs in: checked before the agent starts, and recorded in the log."""

from __future__ import annotations

import json
from typing import Any

from inspect_ai.util import SandboxEnvironment, StoreModel
from pydantic import Field

from mlebench_inspect.sandboxes.provider import GuestPaths, complaint


class UnfitSandbox(RuntimeError):
    """The sandbox lacks what every run needs. The message names all of it, with the mend."""


class Environment(StoreModel):
    """What the sandbox has, as its provider tells and as a process inside sees it."""

    given: dict[str, Any] = Field(default_factory=dict)
    seen: dict[str, Any] = Field(default_factory=dict)
    frameworks: dict[str, Any] = Field(default_factory=dict)
    """Which of PyTorch and TensorFlow uses how many of the GPUs that were given."""
    apart: dict[str, Any] = Field(default_factory=dict)
    """What keeps it apart from other sandboxes of the same engine, or why something does not."""

    @property
    def gpus(self) -> int:
        """How many GPUs it was given; where that was all there are, how many are seen in it."""
        given = self.given.get("gpus") or 0
        return int(given) if given >= 0 else len(self.seen.get("gpus") or [])


_LOOK = """
data=$1 proof=$2 probe=$3; shift 3
lacks=
lack() { echo "$1"; lacks=1; }
for c in bash python3; do command -v $c >/dev/null || lack "command $c"; done
for d in "$@"; do [ -d "$d" ] && [ -w "$d" ] || lack "writable $d"; done
head -c 1 -- "$proof" >/dev/null && ls "$data" >/dev/null || lack "readable $proof"
[ -z "$lacks" ] || exit 0
echo fit
exec python3 -I -c "$probe"
"""

_PROBE = r"""
import json, os, platform, re, shutil, sys

def read(*paths):
    for path in paths:
        try:
            with open(path) as file:
                return file.read().strip()
        except OSError:
            pass

def gpus():
    if not shutil.which("nvidia-smi"):
        return []
    import subprocess
    try:
        out = subprocess.run(["nvidia-smi", "--query-gpu=name,memory.total,driver_version", "--format=csv,noheader"],
                             capture_output=True, text=True, timeout=60)
        return out.stdout.strip().splitlines() if out.returncode == 0 else []
    except (OSError, subprocess.TimeoutExpired):
        return []

packages = {}  # by the names of their folders: to read each one's metadata takes a tenth of a second and more
for folder in sys.path:
    for name in os.listdir(folder) if os.path.isdir(folder) else []:
        found = re.fullmatch(r"(.+?)-([^-]+)(-py[0-9.]+)?\.(dist|egg)-info", name)
        if found:
            packages.setdefault(re.sub("[-_.]+", "-", found[1]).lower(), found[2])
shm = os.path.isdir("/dev/shm") and shutil.disk_usage("/dev/shm").total
print(json.dumps({
    "python": platform.python_version(), "system": platform.platform(), "user": os.getuid(),
    "cpus": os.cpu_count(),
    "cpu_limit": read("/sys/fs/cgroup/cpu.max", "/sys/fs/cgroup/cpu/cpu.cfs_quota_us"),
    "memory_limit": read("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"),
    "shm": shm, "disk_free": shutil.disk_usage("/").free, "gpus": gpus(),
    "packages": dict(sorted(packages.items())),
}))
"""


async def look_around(place: SandboxEnvironment, paths: GuestPaths, proof: str) -> dict[str, Any]:
    """What a process of the agent's user sees in the sandbox; a probe that fails is noted, and ends no run.

    Args:
        place: The sandbox.
        paths: Where things lie in it, relative to its working folder or absolute.
        proof: A file of the data, which the agent's user must be able to read.

    Raises:
        UnfitSandbox: It lacks what every run needs, such as a user's own image; the message names all of it.
    """
    folders = (paths.submission, paths.code, paths.logs)
    command = ["/bin/sh", "-c", _LOOK, "sh", paths.data, proof, _PROBE, *folders]
    result = await place.exec(command, timeout=300)
    fit, told = result.stdout.startswith("fit\n"), result.stdout.removeprefix("fit\n")
    problems = [] if fit else [p for line in told.splitlines() if (p := _problem(line))]
    if problems:
        raise UnfitSandbox("the sandbox is unfit for a run: " + "; ".join(problems) + " (see docs/sandbox.md)")
    if not fit:
        raise UnfitSandbox(f"the sandbox does not run /bin/sh: {complaint(result)}")
    try:
        return dict(json.loads(told))
    except (ValueError, TypeError):
        return {"error": result.stderr.strip()[-300:] or "no answer"}


def _problem(line: str) -> str | None:
    """What a line of the look around says, with the mend."""
    kind, _, what = line.partition(" ")
    if kind == "command":
        return f"there is no {what}: install it in the image"
    if kind == "readable":
        return (
            f"the container's user cannot read {what}: make the prepared data readable on the host with "
            "chmod -R a+rX DATA_DIR/ID/prepared/public"
        )
    if kind == "writable":
        return f"{what} is not a folder that the container's user can write: make it, and chown it to it"
    return None

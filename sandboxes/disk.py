"""How much of the host's disk a container takes: counted where its layer lies, out of its agent's reach.

Everything counts that outlives memory: blocks of the layer, of the image's volumes and of the engine's own files for
the container (its log), extended attributes as far as the file system has them in blocks, and files that are deleted
but still held open or mapped. A file counts as at least its share of the file system's inodes, so that whoever may fill
a hundredth of the disk may take a hundredth of its inodes at most.
"""

from __future__ import annotations

import json
import os
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO, Any

from mlebench_inspect.sandboxes import host
from mlebench_inspect.sandboxes.host import HostError

MOST_SECONDS = 300.0
"""For one look; what it has seen by then counts."""
_SMALLEST, _LARGEST = 4096, 65536  # bounds of a file's share of the disk
_OUTPUT = 1 << 18

# Prints no name, so nothing that an agent writes can be taken for a line: the file system (block size, blocks, inodes);
# devices; type, depth, blocks and links of each file, a folder after what is in it; deleted files that a process holds.
# A thread may have a table of open files, and outlive its leader, whose folder in /proc is empty then.
_LOOK = r"""
of=$1; shift
stat -f -c 'fs %S %b %c' -- "$1"
find "$@" -maxdepth 0 -printf 'on %D\n'
find "$@" -xdev -depth -printf 'w%y %d %b %n\n'
for c in $(grep -ls -- "$of" /proc/[0-9]*/cgroup); do
  p=${c%/cgroup}; echo "$p/root"; echo "$p/map_files"
  for t in "$p"/task/*; do echo "$t/fd"; done
  [ "$p" = "/proc/${t##*/}" ] || echo "/proc/${t##*/}/map_files"
done | xargs -r sh -c 'find -L "$@" -maxdepth 1 \( -path "*/root" -prune -printf "on %D\n" \) -o \
  \( -links 0 -printf "h %D %i %b\n" \)' sh
echo end
"""
# Reads the layer as root of a container of its own would, and sees the agent's processes; it can change nothing.
_MAY = ("DAC_READ_SEARCH", "SYS_PTRACE", "CHECKPOINT_RESTORE")


@dataclass(frozen=True)
class Use:
    """What a container takes of the disk."""

    size: int
    """Bytes, with each file counted as at least its share."""
    files: int = 0
    torn: bool = False
    """Whether so much was moved about meanwhile that the look broke off."""


class Meter:
    """Looks at the disk that a container of Docker's takes.

    The way is chosen at the first look: from this host, where the layer lies here and can be read, else from a second
    container that sees nothing but the layer and the processes. Where neither works, the engine's own figure is taken,
    which counts neither empty nor deleted files.

    Args:
        handle: Names the container.
        apart: Bytes that lie there already and are not its agent's.
    """

    def __init__(self, handle: str, apart: int = 0) -> None:
        self._handle, self._apart = handle, apart
        self._way: Callable[[int], Any] | None = None
        self.how = ""
        """The way, in words; empty before the first look."""

    async def look(self, limit: int) -> Use:
        """What the container takes; counting ends where it is more than `limit` bytes.

        Raises:
            HostError: It cannot be told.
        """
        use = await self._look(limit + self._apart)
        return replace(use, size=max(0, use.size - self._apart))

    async def _look(self, limit: int) -> Use:
        if self._way is not None:
            return await self._way(limit)  # type: ignore[no-any-return]
        complaints = []
        for how, way in (await self._ways()).items():
            try:
                use: Use = await way(limit)
            except HostError as ex:
                complaints.append(f"{how}: {ex}")
                continue
            self._way, self.how = way, how
            return use
        raise HostError(f"the disk cannot be measured: {'; '.join(complaints)}")

    async def _ways(self) -> dict[str, Callable[[int], Any]]:
        ended = await host.call(["docker", "inspect", self._handle], timeout=120)
        try:
            (facts,) = json.loads(ended.stdout)
        except ValueError:
            raise HostError(f"docker inspect: {ended.complaint or 'no facts'}") from None
        folders = await _folders(self._handle, facts)
        ways: dict[str, Callable[[int], Any]] = {}
        if folders and os.geteuid() == 0 and all(map(os.path.isdir, folders)):
            ways["counted by this host"] = lambda limit: _count(["sh"], facts["Id"], folders, limit)
        if folders:
            shell = _beside(facts, folders)
            ways["counted by a second container"] = lambda limit: _count(shell, "", folders, limit)
        ways["the engine's own figure"] = self._told
        return ways

    async def _told(self, limit: int) -> Use:
        ended = await host.call(["docker", "inspect", "--size", "--format", "{{.SizeRw}}", self._handle], timeout=120)
        if ended.returncode != 0 or not ended.stdout.strip().isdigit():  # -1 where the engine fails to count
            raise HostError(f"docker inspect: {ended.complaint or 'no size'}")
        return Use(int(ended.stdout))


async def _folders(handle: str, facts: dict[str, Any]) -> list[str]:
    """Where the engine keeps what the container writes; empty where that cannot be told."""
    layer = ((facts.get("GraphDriver") or {}).get("Data") or {}).get("UpperDir")
    if not layer:  # as with containerd's snapshots
        ended = await host.call(["docker", "exec", "--user", "0", handle, "cat", "/proc/self/mountinfo"], timeout=60)
        layer = _upper(ended.stdout.decode(errors="replace"))
    own = [str(Path(p).parent) for p in (facts.get("LogPath"), facts.get("HostsPath")) if p]
    volumes = [m["Source"] for m in facts.get("Mounts") or [] if m.get("Type") == "volume"]
    return list(dict.fromkeys([layer, *own, *volumes])) if layer else []


def _upper(mountinfo: str) -> str | None:
    """Upper folder of the overlay at `/`."""
    for fields in (line.split() for line in mountinfo.splitlines()):
        if len(fields) > 4 and fields[4] == "/":
            options = dict(o.partition("=")[::2] for o in fields[-1].split(","))
            return options.get("upperdir") if options.get("upperdir", "").startswith("/") else None
    return None


def _beside(facts: dict[str, Any], folders: Sequence[str]) -> list[str]:
    """Command for a shell in a container from the same image, which may read the folders and see the processes."""
    mounts = [f"--mount=type=bind,source={f},target={f},readonly" for f in folders]
    fixed = ["--network=none", "--read-only", "--log-driver=none", "--security-opt=no-new-privileges", "--user=0"]
    fixed += ["--security-opt=label=disable", "--cap-drop=ALL", *(f"--cap-add={name}" for name in _MAY)]
    where = [f"--pid=container:{facts['Id']}", "--entrypoint=timeout", facts["Image"], f"{MOST_SECONDS:.0f}", "sh"]
    return ["docker", "run", "--rm", "--pull=never", *fixed, *mounts, *where]


async def _count(shell: Sequence[str], of: str, folders: Sequence[str], limit: int) -> Use:
    until = time.monotonic() + MOST_SECONDS
    command = [*shell, "-c", _LOOK, "sh", of, *folders]
    env = {**os.environ, "LC_ALL": "C"}
    tally = _Tally(len(folders), limit)
    _, ended = await host.stream(command, lambda s: tally.read(s, until), timeout=MOST_SECONDS + 60, env=env)
    if not tally.is_told:
        raise HostError(ended.complaint or "it cannot be counted")
    return tally.use()


class _Tally:
    """Adds up what a look prints."""

    def __init__(self, folders: int, limit: int) -> None:
        self._left, self._limit = folders, limit
        self._share, self._bytes, self._files = _SMALLEST, 0.0, 0.0
        self._devices: set[bytes] = set()
        self._held: dict[tuple[bytes, bytes], int] = {}
        self._cut = self._ended = False

    @property
    def is_told(self) -> bool:
        """Whether the look was made at all, and came to its end unless it was cut."""
        return bool(self._devices) and (self._ended or self._cut)

    def read(self, stream: IO[bytes], until: float) -> None:
        """Reads to the end; to the limit; or as long as there is time."""
        rest = b""
        while block := os.read(stream.fileno(), _OUTPUT):
            *lines, rest = (rest + block).split(b"\n")
            for line, times in Counter(lines).items():
                self._add(line.split(), times)
            if time.monotonic() > until or self._charged() > self._limit:
                self._cut = True
                return

    def use(self) -> Use:
        """The sum; deleted files count where they lie on the layer's device and not in memory."""
        for (device, _), size in self._held.items():
            if device in self._devices:
                self._bytes, self._files = self._bytes + size, self._files + 1
        return Use(self._charged(), int(self._files), torn=self._left > 0 and not self._cut)

    def _charged(self) -> int:
        return int(max(self._bytes, self._files * self._share))

    def _add(self, fields: list[bytes], times: int) -> None:
        match fields:
            case [b"fs", size, blocks, inodes]:
                share = int(size) * int(blocks) // max(1, int(inodes)) if int(inodes) else 0
                self._share = min(max(share, _SMALLEST), _LARGEST)
            case [b"on", device]:
                self._devices.add(device)
            case [b"h", device, inode, blocks]:
                self._held[device, inode] = 512 * int(blocks)
            case [kind, depth, blocks, links] if kind.startswith(b"w"):
                names = 1 if kind == b"wd" else max(1, int(links))  # a file is met once for each of its names
                self._bytes += times * 512 * int(blocks) / names
                self._files += times / names
                self._left -= times * (depth == b"0")
            case [b"end"]:
                self._ended = True

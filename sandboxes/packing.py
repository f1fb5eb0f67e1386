"""Public data as one archive, for sandboxes that cannot mount a folder of this host.

Each set is packed once for a host: the archive lies in the user's cache folder under a name made from the listing of
what is in it, beside the digest by which a sandbox is seen to hold the same. The oldest go when there is no room.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import os
import stat
import tarfile
import tempfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, NamedTuple

from platformdirs import user_cache_dir

from mlebench_inspect.sandboxes.host import HostError

MOST_BYTES = 50 << 30
"""Of all archives that are kept; the one in use stays whatever its size."""
PART = 8 << 20
"""Bytes of data that are brought into a sandbox at once, before they are compressed."""
DESCRIPTION = "description.md"
_BLOCK = 1 << 20


class PublicData(NamedTuple):
    """What a sandbox is to have of the data."""

    folder: Path
    description: Path | None = None
    """Takes the place of the folder's own description.md."""

    def files(self) -> dict[str, Path]:
        """Each file by its path in the sandbox's data folder, sorted.

        Raises:
            OSError: The folder cannot be read.
        """
        found = {}
        for folder, _, names in os.walk(self.folder, onerror=_raise):
            for name in names:
                path = Path(folder, name)
                if path.is_file():
                    found[path.relative_to(self.folder).as_posix()] = path
        if self.description is not None:
            found[DESCRIPTION] = self.description
        return dict(sorted(found.items()))

    def folders(self) -> list[str]:
        """Its folders, parents first; empty ones too."""
        found = [Path(f).relative_to(self.folder).as_posix() for f, _, _ in os.walk(self.folder, onerror=_raise)]
        return sorted(f for f in found if f != ".")


def _raise(error: OSError) -> None:
    raise error


@dataclass(frozen=True)
class Contents:
    """What an archive holds."""

    digest: str
    """SHA-256 over the sorted files' names, sizes and own SHA-256, as `guest/receive_data.py` makes it of a folder."""
    files: int
    size: int
    """Bytes of all files."""


class Packed:
    """An archive of public data, open: it can be read even if it is removed meanwhile.

    Args:
        file: The archive, an uncompressed tar with one folder `data`.
        contents: What it holds.
    """

    def __init__(self, file: IO[bytes], contents: Contents) -> None:
        self.file, self.contents = file, contents

    def parts(self) -> Iterator[list[tuple[str, int, bytes]]]:
        """The files in pieces: path, where in the file, and what stands there; `PART` bytes at a time. Blocks."""
        part: list[tuple[str, int, bytes]] = []
        room = PART
        with tarfile.open(fileobj=self.file, mode="r:") as archive:
            for member in archive:
                name = member.name.partition("/")[2]
                if not name:
                    continue
                if member.isdir():
                    part.append((f"{name}/", 0, b""))
                    continue
                source = archive.extractfile(member)
                assert source is not None
                done = 0
                while done < member.size or not member.size:
                    piece = source.read(min(room, member.size - done))
                    part.append((name, done, piece))
                    done, room = done + len(piece), room - len(piece) - 256
                    if room <= 0:
                        yield part
                        part, room = [], PART
                    if not member.size:
                        break
        if part:
            yield part


@contextlib.contextmanager
def packed(data: PublicData, cache: Path | None = None) -> Iterator[Packed]:
    """The archive of some public data, made if it is not there yet. Blocks; others wait for one that is being made.

    Args:
        data: What goes into it.
        cache: Folder of the archives; default: the user's cache folder.

    Raises:
        HostError: The data cannot be read, or the archive not written.
    """
    place = cache or Path(user_cache_dir("mlebench-inspect")) / "public"
    try:
        file, contents = _opened(data, place)
    except OSError as ex:
        raise HostError(f"the public data cannot be packed in {place}: {ex.strerror or ex} ({data.folder})") from ex
    with file:
        yield Packed(file, contents)


def _opened(data: PublicData, place: Path) -> tuple[IO[bytes], Contents]:
    place.mkdir(mode=0o700, parents=True, exist_ok=True)
    files = data.files()
    name = _name_of(data, files)
    archive, told = place / f"{name}.tar", place / f"{name}.json"
    with open(place / f"{name}.lock", "w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        try:
            contents = Contents(**json.loads(told.read_text(encoding="utf-8")))
            file = open(archive, "rb")  # noqa: SIM115
        except (OSError, ValueError, TypeError):
            contents = _pack(data, files, archive)
            with _aside(told) as out:
                out.write(json.dumps(asdict(contents)).encode())
            file = open(archive, "rb")  # noqa: SIM115
        os.utime(archive)
        _make_room(place, archive)
        return file, contents


def _name_of(data: PublicData, files: dict[str, Path]) -> str:
    """By name, size and time of each file, as reading all of them would take as long as packing."""
    listing = [(n, (s := os.stat(p)).st_size, s.st_mtime_ns) for n, p in files.items()]
    return hashlib.sha256(json.dumps([listing, data.folders()]).encode()).hexdigest()[:32]


@contextlib.contextmanager
def _aside(path: Path) -> Iterator[IO[bytes]]:
    """A file that takes the place of `path` once it is written whole."""
    with tempfile.NamedTemporaryFile(dir=path.parent, suffix=".part", delete=False) as aside:
        try:
            yield aside
        except BaseException:
            os.unlink(aside.name)
            raise
    os.replace(aside.name, path)


def _pack(data: PublicData, files: dict[str, Path], archive: Path) -> Contents:
    total, size = hashlib.sha256(), 0
    with _aside(archive) as aside, tarfile.open(fileobj=aside, mode="w", format=tarfile.PAX_FORMAT) as out:
        for folder in ["", *data.folders()]:
            out.addfile(_member(f"data/{folder}".rstrip("/"), tarfile.DIRTYPE, 0o755))
        for name, path in files.items():
            with open(path, "rb") as source:
                member = _member(f"data/{name}", tarfile.REGTYPE, 0o644)
                info = os.fstat(source.fileno())
                member.size, member.mtime = info.st_size, int(info.st_mtime)
                hashing = _Hashing(source)
                out.addfile(member, hashing)  # type: ignore[arg-type]
            line = f"{name}\0{member.size}\0{hashing.digest.hexdigest()}\n"
            total.update(line.encode("utf-8", "surrogateescape"))
            size += member.size
    return Contents(total.hexdigest(), len(files), size)


def _member(name: str, kind: bytes, mode: int) -> tarfile.TarInfo:
    """Root's, and writable for nobody else, as where it is mounted: copies that agents make of it must be writable."""
    member = tarfile.TarInfo(name)
    member.type, member.mode = kind, mode
    return member


class _Hashing:
    def __init__(self, source: IO[bytes]) -> None:
        self._source, self.digest = source, hashlib.sha256()

    def read(self, count: int = -1) -> bytes:
        block = self._source.read(count)
        self.digest.update(block)
        return block


def _make_room(place: Path, keep: Path) -> None:
    """Removes the archives that were longest not used, until the rest is no more than `MOST_BYTES`."""
    found = []
    for path in place.glob("*.tar"):
        with contextlib.suppress(OSError):
            info = path.stat()
            if stat.S_ISREG(info.st_mode):
                found.append((info.st_mtime, info.st_size, path))
    left = sum(size for _, size, _ in found)
    for _, size, path in sorted(found):
        if left <= MOST_BYTES:
            return
        if path != keep:
            for part in (path, path.with_suffix(".json")):
                part.unlink(missing_ok=True)
            left -= size

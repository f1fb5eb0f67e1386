"""Taking files out of a sandbox: regular files only, no link followed, bounded in size and memory.

Three things can go wrong, and each has its own exception: what lies there is not what is asked for (`Refused`, and
`Missing` where nothing lies there), the archive breaks off or says nothing that can be read (`Unreadable`), or this
host cannot hold it (`HostError`). Only the first is ever the agent's doing.
"""

from __future__ import annotations

import base64
import gzip
import os
import stat
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Self

from inspect_ai.util import SandboxEnvironment

from mlebench_inspect.sandboxes.host import HostError

CHUNK = 6 << 20  # 8 MiB as base64, below the 10 MiB that Inspect returns of a command's output
_BLOCK = 1 << 20
# Engines leave out, without a word, what lies at paths beyond 4,096 bytes, their own folders included; no name has more
# than 255, so whoever goes that deep passes between here and there.
_DEEPEST = 3000
_REGULAR = (tarfile.REGTYPE, tarfile.AREGTYPE)  # TarInfo.isreg() lets sparse files pass, too

_READ_CHUNK = (Path(__file__).parent / "guest" / "read_chunk.py").read_text(encoding="utf-8")
_CHANGED = "it changed while it was read; write it to another name and rename it"


class Refused(ValueError):
    """What lies at the path is missing, not a regular file, too large, or changed while it was read."""


class Missing(Refused):
    """Nothing lies at the path."""


class Unreadable(HostError):
    """The sandbox's archive cannot be read, or ends early."""


@contextmanager
def _writing(dest: Path) -> Iterator[IO[bytes]]:
    """The new file `dest`, gone again if anything goes wrong."""
    try:
        handle = os.open(dest, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
        with os.fdopen(handle, "wb") as out:
            yield out
    except OSError as ex:
        dest.unlink(missing_ok=True)
        raise HostError(f"{dest.parent} cannot be written: {ex.strerror or ex}") from ex
    except BaseException:
        dest.unlink(missing_ok=True)
        raise


def file_from_tar(stream: IO[bytes], dest: Path, cap: int) -> int:
    """Reads the one regular file of a tar stream into a new host file, with 1 MiB in memory at a time.

    Nothing is extracted from the archive by name.

    Args:
        stream: Tar archive, such as `docker cp CONTAINER:FILE -` prints.
        dest: File to create; must not exist.
        cap: Largest size in bytes.

    Returns:
        The size in bytes.

    Raises:
        Refused: The archive holds something else, or more.
        Unreadable: It is no archive, or ends early.
        HostError: `dest` cannot be written.
    """
    try:
        with tarfile.open(fileobj=stream, mode="r|", bufsize=_BLOCK) as tar:
            member = tar.next()
            if member is None or member.type not in _REGULAR:
                raise Refused(f"it is {_kind(member)}; write a regular file in its place")
            if member.size > cap:
                raise Refused(f"it has {member.size:,} bytes; at most {cap:,} are read")
            source = tar.extractfile(member)
            assert source is not None
            with _writing(dest) as out:
                done = 0
                while done < member.size:
                    block = source.read(_BLOCK)
                    if not block:
                        raise Unreadable(f"the archive ended after {done:,} of {member.size:,} bytes")
                    done += out.write(block)
            return done
    except tarfile.TarError as ex:
        raise Unreadable(f"the archive cannot be read: {ex}") from ex


def require_member(stream: IO[bytes]) -> None:
    """Reads the first member of a tar stream to its end, and keeps nothing.

    Raises:
        Unreadable: There is none, or it ends early.
    """
    try:
        with tarfile.open(fileobj=stream, mode="r|", bufsize=_BLOCK) as tar:
            member = tar.next()
            source = tar.extractfile(member) if member is not None else None
            if member is None or source is None or len(source.read()) != member.size:
                raise Unreadable("the archive is empty or ends early")
    except tarfile.TarError as ex:
        raise Unreadable(f"the archive cannot be read: {ex}") from ex


def _kind(member: tarfile.TarInfo | None) -> str:
    if member is None:  # Docker archives no socket
        return "not a regular file"
    kinds = {tarfile.SYMTYPE: "a symbolic link", tarfile.LNKTYPE: "a hard link", tarfile.DIRTYPE: "a folder"}
    return kinds.get(member.type, "not a regular file")


async def read_out(sandbox: SandboxEnvironment, path: str, dest: Path, cap: int, user: str | None = None) -> int:
    """As `file_from_tar`, for any sandbox that can run commands: in chunks, each checked against the first.

    Raises:
        Refused: See the class.
        Unreadable: The sandbox does not answer as it should.
        HostError: `dest` cannot be written.
    """
    done, first, size = 0, None, None
    with _writing(dest) as out:
        while size is None or done < size:
            head, chunk = await _chunk(sandbox, path, done, user)
            first = first or head
            if head != first:
                raise Refused(_CHANGED)
            size = int(head.split()[2])
            if size > cap:
                raise Refused(f"it has {size:,} bytes; at most {cap:,} are read")
            if not chunk and done < size:
                raise Refused("it is unreadable or changed while it was read")
            done += out.write(chunk)
            if done > size:
                raise Refused(_CHANGED)
    return done


async def _chunk(sandbox: SandboxEnvironment, path: str, start: int, user: str | None) -> tuple[str, bytes]:
    command = ["python3", "-I", "-S", "-c", _READ_CHUNK, path, str(start), str(CHUNK)]
    try:
        result = await sandbox.exec(command, user=user, timeout=60)
    except Exception as ex:
        raise Unreadable(f"the sandbox runs no command: {ex}") from ex
    if result.returncode == 3:
        raise Missing("there is no such file")
    if result.returncode == 4:
        raise Refused(f"it is {result.stdout.strip()[:40]}; write a regular file in its place")
    head, _, body = result.stdout.partition("\n")
    try:
        if not result.success:
            raise ValueError(result.stderr.strip()[:300] or f"exit code {result.returncode}")
        return head, base64.b64decode(body, validate=True)
    except ValueError as ex:
        raise Unreadable(f"the sandbox did not hand the file over: {ex}") from ex


def copy_local(path: Path, dest: Path, cap: int) -> int:
    """As `file_from_tar`, for a file of this host: opened without following a final link, read from that one handle.

    Raises:
        Refused: See the class.
        HostError: `dest` cannot be written.
    """
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except FileNotFoundError:
        raise Missing("there is no such file") from None
    except OSError as ex:
        kind = "a symbolic link" if path.is_symlink() else f"unreadable ({ex.strerror})"
        raise Refused(f"it is {kind}; write a regular file in its place") from None
    info = os.fstat(handle)
    if not stat.S_ISREG(info.st_mode):
        os.close(handle)
        raise Refused("it is not a regular file; write a regular file in its place")
    with os.fdopen(handle, "rb") as source:
        if info.st_size > cap:
            raise Refused(f"it has {info.st_size:,} bytes; at most {cap:,} are read")
        done = 0
        with _writing(dest) as out:
            while block := source.read(min(_BLOCK, cap + 1 - done)):
                done += out.write(block)
                if done > cap:
                    raise Refused(f"it grew beyond {cap:,} bytes while it was read")
    return done


@dataclass(frozen=True)
class Taken:
    """What `folder_from_tar` kept of a folder."""

    files: int
    size: int
    """Bytes of the kept files."""
    left_out: int
    """Files beyond the cap, and whatever is neither a regular file nor a folder."""
    complete: bool
    """Whether the whole folder was looked at; not told of one with paths so long that the engine may leave some out."""


def folder_from_tar(stream: IO[bytes], dest: Path, cap: int) -> Taken:
    """Keeps the regular files of a tar stream as a tar.gz file: no links, no owners, at most `cap` bytes.

    Args:
        stream: Tar archive, such as `docker cp CONTAINER:FOLDER -` prints.
        dest: File to create.
        cap: Most bytes that are kept; of the stream, ten times as many are read.

    Raises:
        Unreadable: The stream cannot be read: there is no such folder, or no such sandbox.
        HostError: `dest` cannot be written.
    """
    with _writing(dest) as raw:
        try:
            with (
                gzip.GzipFile(fileobj=raw, mode="wb", compresslevel=1, mtime=0) as packed,
                tarfile.open(fileobj=packed, mode="w|", format=tarfile.PAX_FORMAT) as out,
            ):
                return _filter(stream, out, cap)
        except tarfile.TarError as ex:
            raise Unreadable("it cannot be read out of the sandbox") from ex


class _Strict(tarfile.TarInfo):
    """A header of an archive that is whole only if it has its end mark: `tarfile` takes any end for one."""

    @classmethod
    def frombuf(cls, buf: bytes | bytearray, encoding: str, errors: str) -> Self:
        try:
            return super().frombuf(buf, encoding, errors)
        except tarfile.HeaderError as ex:
            if len(buf) == tarfile.BLOCKSIZE and not any(buf):
                raise
            raise tarfile.ReadError(f"the archive ends early: {ex}") from ex


class _Padded:
    """Reads a member of a tar stream, with zeros for what a stream that ends early lacks, so that the copy is whole."""

    def __init__(self, source: IO[bytes] | None) -> None:
        self.source, self.short = source, False

    def read(self, count: int) -> bytes:
        data = b""
        try:
            while self.source and len(data) < count and (block := self.source.read(count - len(data))):
                data += block
        except (tarfile.TarError, OSError):
            pass
        self.short = self.short or len(data) < count
        return data.ljust(count, b"\0")


def _filter(stream: IO[bytes], out: tarfile.TarFile, cap: int) -> Taken:
    files = size = used = seen = left_out = 0
    too_deep = False
    with tarfile.open(fileobj=stream, mode="r|", bufsize=_BLOCK, tarinfo=_Strict) as source:  # raises without a folder
        members = iter(source)
        while True:
            try:
                member = next(members, None)
            except (tarfile.TarError, OSError, UnicodeError):  # it ended early: what came so far is kept
                return Taken(files, size, left_out, False)
            if member is None:
                return Taken(files, size, left_out, not too_deep)
            too_deep = too_deep or len(os.fsencode(member.name)) > _DEEPEST
            seen += 512 + member.size
            if seen > 10 * cap:
                return Taken(files, size, left_out + 1, False)
            if not (member.isdir() or member.type in _REGULAR) or used + 1024 + member.size > cap:
                left_out += 1
                continue
            used += 1024 + member.size
            if not _copy_member(member, source, out):
                return Taken(files + (not member.isdir()), size, left_out, False)
            if not member.isdir():
                files, size = files + 1, size + member.size


def _copy_member(member: tarfile.TarInfo, source: tarfile.TarFile, out: tarfile.TarFile) -> bool:
    """Adds a folder or file without owner and rights; whether the whole of it was there."""
    kept = tarfile.TarInfo(member.name)
    kept.mtime, kept.mode = int(member.mtime), 0o644
    if member.isdir():
        kept.type, kept.mode = tarfile.DIRTYPE, 0o755
        out.addfile(kept)
        return True
    kept.size = member.size
    content = _Padded(source.extractfile(member))
    out.addfile(kept, content)  # type: ignore[arg-type]
    return not content.short

"""Taking files out of a sandbox: regular files only, no link followed, bounded in size and memory."""

from __future__ import annotations

import base64
import gzip
import os
import subprocess
import tarfile
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from inspect_ai.util import SandboxEnvironment

CHUNK = 6 << 20  # 8 MiB as base64, below the 10 MiB that Inspect returns of a command's output
_BLOCK = 1 << 20
_REGULAR = (tarfile.REGTYPE, tarfile.AREGTYPE)  # TarInfo.isreg() lets sparse files pass, too

# stat before and with every chunk: whoever swaps the file meanwhile is refused. `nofollow` guards the final component,
# `nonblock` keeps a FIFO from hanging dd.
_READ_CHUNK = """
f=$1
a=$(stat -c '%d %i %s %Y %F' -- "$f") || exit 3
case $a in *'regular file'|*'regular empty file') ;; *) exit 4;; esac
echo "$a"
dd if="$f" iflag=nofollow,nonblock,skip_bytes,count_bytes,fullblock bs=1M skip="$2" count="$3" status=none | base64 -w0
"""


class Refused(ValueError):
    """What lies at the path is missing, not a regular file, too large, or changed while it was read."""


class Missing(Refused):
    """Nothing lies at the path."""


def copy_out(container: str, path: str, dest: Path, cap: int, timeout: float = 600) -> int:
    """Streams one regular file of a Docker container to a new host file, with 1 MiB in memory at a time.

    The archive is made by the daemon from one inode and no link is followed; nothing is extracted from it by name.

    Args:
        container: Name or id; it may be paused or stopped.
        path: Absolute path in the container.
        dest: File to create; must not exist.
        cap: Largest size in bytes.
        timeout: Seconds after which the copy is given up.

    Returns:
        The size in bytes.

    Raises:
        Refused: See the class.
    """
    process = subprocess.Popen(
        ["docker", "cp", "--", f"{container}:{path}", "-"],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stdout is not None
    assert process.stderr is not None
    timer = threading.Timer(timeout, process.kill)
    timer.start()
    try:
        with tarfile.open(fileobj=process.stdout, mode="r|", bufsize=_BLOCK) as tar:
            member = tar.next()
            if member is None or member.type not in _REGULAR:
                raise Refused(f"it is {_kind(member)}; write a regular file in its place")
            if member.size > cap:
                raise Refused(f"it has {member.size:,} bytes; at most {cap:,} are read")
            source = tar.extractfile(member)
            assert source is not None
            handle = os.open(dest, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
            with os.fdopen(handle, "wb") as out:
                done = sum(out.write(chunk) for chunk in iter(lambda: source.read(_BLOCK), b""))
            if done != member.size:
                raise Refused("it shrank while it was read; write it to another name and rename it")
            return done
    except (tarfile.TarError, OSError) as ex:
        process.kill()
        dest.unlink(missing_ok=True)
        message = process.stderr.read(2000).decode(errors="replace")
        if "could not find" in message.lower() or "no such file" in message.lower():
            raise Missing("there is no such file") from None
        raise Refused("it cannot be read out of the container") from ex
    except Refused:
        process.kill()
        dest.unlink(missing_ok=True)
        raise
    finally:
        timer.cancel()
        process.kill()
        process.stdout.close()
        process.stderr.close()
        process.wait()


def _kind(member: tarfile.TarInfo | None) -> str:
    if member is None:  # Docker archives no socket
        return "not a regular file"
    kinds = {tarfile.SYMTYPE: "a symbolic link", tarfile.LNKTYPE: "a hard link", tarfile.DIRTYPE: "a folder"}
    return kinds.get(member.type, "not a regular file")


async def read_out(sandbox: SandboxEnvironment, path: str, dest: Path, cap: int, user: str | None = None) -> int:
    """As `copy_out`, for any sandbox that can run commands: in chunks, each checked against the first.

    Raises:
        Refused: See the class.
    """
    done, first, size = 0, None, None
    handle = os.open(dest, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    try:
        with os.fdopen(handle, "wb") as out:
            while size is None or done < size:
                command = ["/bin/sh", "-c", _READ_CHUNK, "sh", path, str(done), str(CHUNK)]
                result = await sandbox.exec(command, user=user, timeout=60)
                if result.returncode == 3:
                    raise Missing("there is no such file")
                if result.returncode == 4:
                    raise Refused("it is not a regular file; write a regular file in its place")
                head, _, body = result.stdout.partition("\n")
                if not result.success:
                    raise Refused("it cannot be read out of the sandbox")
                first = first or head
                if head != first:
                    raise Refused("it changed while it was read; write it to another name and rename it")
                size = int(head.split()[2])
                if size > cap:
                    raise Refused(f"it has {size:,} bytes; at most {cap:,} are read")
                chunk = base64.b64decode(body, validate=True)
                if not chunk and done < size:
                    raise Refused("it is unreadable or changed while it was read")
                done += out.write(chunk)
                if done > size:
                    raise Refused("it changed while it was read; write it to another name and rename it")
        return done
    except BaseException:
        dest.unlink(missing_ok=True)
        raise


def copy_local(path: Path, dest: Path, cap: int) -> int:
    """As `copy_out`, for a file of this host: opened without following a final link, and read from that one handle.

    Raises:
        Refused: See the class.
    """
    import stat

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
        with open(dest, "xb") as out:
            done = 0
            while chunk := source.read(min(_BLOCK, cap + 1 - done)):
                done += out.write(chunk)
                if done > cap:
                    dest.unlink()
                    raise Refused(f"it grew beyond {cap:,} bytes while it was read")
    return done


@dataclass(frozen=True)
class Taken:
    """What `copy_folder` kept of a folder."""

    files: int
    size: int
    """Bytes of the kept files."""
    left_out: int
    """Files beyond the cap, and whatever is neither a regular file nor a folder."""
    complete: bool
    """Whether the whole folder was looked at."""


def copy_folder(command: list[str], dest: Path, cap: int, timeout: float = 600) -> Taken:
    """Keeps the regular files of a tar stream as a tar.gz file: no links, no owners, at most `cap` bytes.

    Args:
        command: Prints the tar stream, such as `docker cp CONTAINER:FOLDER -`.
        dest: File to create.
        cap: Most bytes that are kept; of the stream, ten times as many are read.
        timeout: Seconds after which the rest is given up.

    Raises:
        Refused: The stream cannot be read, or there is no such folder.
    """
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    assert process.stdout is not None
    timer = threading.Timer(timeout, process.kill)
    timer.start()
    try:
        with (
            gzip.GzipFile(dest, "xb", compresslevel=1, mtime=0) as packed,
            tarfile.open(fileobj=packed, mode="w|", format=tarfile.PAX_FORMAT) as out,
        ):
            return _filter(process.stdout, out, cap)
    except tarfile.TarError as ex:
        dest.unlink(missing_ok=True)
        raise Refused("it cannot be read out of the sandbox") from ex
    except BaseException:
        dest.unlink(missing_ok=True)
        raise
    finally:
        timer.cancel()
        process.kill()
        process.stdout.close()
        process.wait()


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
    with tarfile.open(fileobj=stream, mode="r|", bufsize=_BLOCK) as source:  # raises where there is no folder
        try:
            for member in source:
                seen += 512 + member.size
                if seen > 10 * cap:
                    return Taken(files, size, left_out + 1, False)
                kept = tarfile.TarInfo(member.name)
                kept.mtime, kept.mode = int(member.mtime), 0o644
                if member.isdir():
                    kept.type, kept.mode = tarfile.DIRTYPE, 0o755
                elif member.type not in _REGULAR:
                    left_out += 1
                    continue
                if used + 1024 + member.size > cap:
                    left_out += 1
                    continue
                used += 1024 + member.size
                if member.isdir():
                    out.addfile(kept)
                    continue
                kept.size = member.size
                content = _Padded(source.extractfile(member))
                out.addfile(kept, content)  # type: ignore[arg-type]
                files, size = files + 1, size + member.size
                if content.short:
                    return Taken(files, size, left_out, False)
        except (tarfile.TarError, OSError, UnicodeError):  # the stream ended early: what came so far is kept
            return Taken(files, size, left_out, False)
    return Taken(files, size, left_out, True)

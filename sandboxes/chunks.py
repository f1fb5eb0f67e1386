"""Taking out of a sandbox by commands in it alone, in checked chunks: for providers that hand over no archive."""

from __future__ import annotations

import contextlib
from collections.abc import Awaitable, Callable
from pathlib import Path

import anyio
import anyio.to_thread
from inspect_ai.util import SandboxEnvironment

from mlebench_inspect.sandboxes import extraction
from mlebench_inspect.sandboxes.extraction import Refused, Taken, Unreadable
from mlebench_inspect.sandboxes.host import HostTimeout
from mlebench_inspect.sandboxes.provider import output_of

_PACK = 'umask 077; f=$(mktemp) && tar -c -C "$1" -- "$2" 2>/dev/null | head -c "$3" >"$f"; echo "$f"'


async def take_file(
    place: SandboxEnvironment, path: str, dest: Path, cap: int, *, user: str | None = None, timeout: float = 600
) -> int:
    """Copies a regular file of a sandbox to the new file `dest`; returns its size.

    Args:
        place: The sandbox.
        path: Of the file, absolute.
        dest: File to create.
        cap: Largest size in bytes.
        user: Reads it; default: the sandbox's user.
        timeout: Seconds.

    Raises:
        Refused: Missing, not a regular file, too large, or changed while it was read.
        HostError: The sandbox or this host does not do its part.
    """
    try:
        with anyio.fail_after(timeout):
            return await extraction.read_out(place, path, dest, cap, user=user)
    except TimeoutError:
        raise HostTimeout(f"the sandbox did not hand the file over within {timeout:.0f} seconds") from None


TakeFile = Callable[[str, Path, int], Awaitable[object]]
"""Copies a file of a sandbox, to a file of this host, with at most so many bytes."""


async def take_folder(
    place: SandboxEnvironment, path: str, dest: Path, cap: int, *, take: TakeFile, most: int | None = None
) -> Taken:
    """Copies a folder's regular files to the new tar.gz file `dest`, at most `cap` bytes of them.

    Args:
        place: The sandbox.
        path: Of the folder, absolute.
        dest: File to create.
        cap: Bytes of files.
        take: Takes the packed folder out.
        most: Bytes that it may have, packed; default: ten times the cap.

    Raises:
        HostError: There is no such folder, or it cannot be read or written.
    """
    parent, _, name = path.rpartition("/")
    most = 10 * cap if most is None else most
    packed = (await output_of(place, ["/bin/sh", "-c", _PACK, "sh", parent, name, str(most)], 600)).strip()
    stream = dest.with_name(f"{dest.name}.tar")
    try:
        await take(packed, stream, most)
        return await anyio.to_thread.run_sync(_filtered, stream, dest, cap)
    except Refused as ex:
        raise Unreadable(str(ex)) from ex
    finally:
        stream.unlink(missing_ok=True)
        with anyio.CancelScope(shield=True), contextlib.suppress(Exception):
            await place.exec(["rm", "-f", "--", packed], timeout=60)


def _filtered(stream: Path, dest: Path, cap: int) -> Taken:
    with open(stream, "rb") as source:
        return extraction.folder_from_tar(source, dest, cap)

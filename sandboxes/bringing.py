"""Bringing public data into a sandbox by writing files and running commands in it, where nothing can be mounted."""

from __future__ import annotations

import contextlib
import hashlib
import json
import uuid
import zlib
from collections.abc import Iterator
from pathlib import Path

import anyio
import anyio.to_thread
from inspect_ai.util import SandboxEnvironment

from mlebench_inspect.sandboxes.host import HostError
from mlebench_inspect.sandboxes.packing import Contents, Packed, PublicData, packed
from mlebench_inspect.sandboxes.provider import complaint, guest_file

SCRIPT = "receive_data.py"
_TRIES = 3
_PATIENCE = 600  # seconds for one piece
_LONGEST = 6 * 3600
"""Seconds for reading all files once more."""


async def bring(
    place: SandboxEnvironment, folder: str, data: PublicData, *, root: str | None, cache: Path | None = None
) -> Contents:
    """Copies public data into a sandbox, in checked pieces, and makes it as unwritable as the sandbox allows.

    Args:
        place: The sandbox.
        folder: Where the data is to lie in it, absolute; empty, or it can be made.
        data: What is copied.
        root: User whose files the agent cannot change; None where there is none.
        cache: Folder of the archives; default: the user's cache folder.

    Returns:
        What lies there now, by a digest of every file made inside.

    Raises:
        HostError: The sandbox cannot take it, or does not hold then what it was given.
    """
    owner = await _owner(place, folder, root)
    aside = f"/var/tmp/mlebench-data-{uuid.uuid4().hex}"
    opened = packed(data, cache)
    archive = await anyio.to_thread.run_sync(opened.__enter__)
    try:
        # for whoever writes files there, who need not be whoever runs commands; no agent is at work yet
        await _run(place, ["/bin/sh", "-c", 'mkdir "$1" && chmod 777 "$1"', "sh", aside], None)
        script = f"{aside}/{SCRIPT}"
        await place.write_file(script, guest_file(SCRIPT))
        pieces = _encoded(archive)
        while (piece := await anyio.to_thread.run_sync(next, pieces, None)) is not None:
            await _put(place, piece, aside, script, folder, owner)
        told = await _run(place, ["python3", "-I", script, "seal", folder], owner, _LONGEST)
    finally:
        await anyio.to_thread.run_sync(opened.__exit__, None, None, None)
        with anyio.CancelScope(shield=True), contextlib.suppress(Exception):
            await place.exec(["rm", "-rf", "--", aside], timeout=60)
    return matching(told, archive.contents, folder)


def matching(told: str, wanted: Contents, folder: str) -> Contents:
    """What a sandbox tells of its data.

    Raises:
        HostError: It is something else than it should have.
    """
    try:
        found = Contents(**json.loads(told))
    except (ValueError, TypeError):
        raise HostError(f"the sandbox does not tell what lies in {folder}: {told[:200]!r}") from None
    if found != wanted:
        raise HostError(
            f"the sandbox holds other data in {folder} than was copied ({found.files:,} files of {found.size:,} bytes, "
            f"not {wanted.files:,} of {wanted.size:,}, or others); its image must have nothing there"
        )
    return found


def _encoded(archive: Packed) -> Iterator[bytes]:
    for pieces in archive.parts():
        body = b"".join(content for _, _, content in pieces)
        listing = [(name, offset, len(content)) for name, offset, content in pieces]
        head = json.dumps({"sha256": hashlib.sha256(body).hexdigest(), "pieces": listing})
        yield zlib.compress(head.encode() + b"\n" + body, 1)


async def _owner(place: SandboxEnvironment, folder: str, root: str | None) -> str | None:
    """Who can write the data: root rather than the sandbox's own user."""
    problem = ""
    for user in dict.fromkeys((root, None)):
        result = await place.exec(
            ["/bin/sh", "-c", 'mkdir -p "$1" && [ -w "$1" ]', "sh", folder], user=user, timeout=60
        )
        if result.success:
            return user
        problem = complaint(result)
    raise HostError(f"{folder} cannot be written in the sandbox: {problem}; have it in the image, owned by its user")


async def _put(
    place: SandboxEnvironment, piece: bytes, aside: str, script: str, folder: str, owner: str | None
) -> None:
    part = f"{aside}/part"
    for left in reversed(range(_TRIES)):
        try:
            await place.write_file(part, piece)
            await _run(place, ["python3", "-I", script, "put", folder, part], owner, _PATIENCE)
            return
        except Exception as ex:  # whatever a provider raises: networks fail for a while
            if not left:
                raise HostError(f"the data cannot be copied into the sandbox: {ex}") from ex
        await anyio.sleep(2.0)


async def _run(place: SandboxEnvironment, command: list[str], user: str | None, timeout: int = 60) -> str:
    result = await place.exec(command, user=user, timeout=timeout)
    if not result.success:
        raise HostError(f"{command[0]} failed in the sandbox: {complaint(result)}")
    return result.stdout

"""Folders of an agent's carried from one sandbox into another: packed and unpacked there, as the agent's own user.

Root has no capabilities in a sandbox, so it can neither read all that the agent has nor give files to it. Whatever the
archive holds, unpacking it can do no more than the agent could. The host only moves its bytes.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from pathlib import Path

import anyio
import anyio.to_thread
from inspect_ai.util import ExecResult, SandboxEnvironment

from mlebench_inspect.sandboxes.extraction import Refused
from mlebench_inspect.sandboxes.host import HostError
from mlebench_inspect.sandboxes.provider import Provider, complaint

PATIENCE = 1800
"""Seconds for each part of it."""
CHUNK = 8 << 20
"""Bytes that are written into a sandbox at once."""
_OWN = "export PATH=/usr/sbin:/usr/bin:/sbin:/bin"  # the agent may have changed what its own finds

# What cannot be read, or changes meanwhile, is no reason to keep nothing: work goes on while it is packed.
_PACK = f"""
{_OWN}; umask 077
out=$1 most=$2; cd "$3" || exit 5; shift 3
for p; do shift; [ -d "$p" ] && [ ! -L "$p" ] && set -- "$@" "$p"; done
[ $# -gt 0 ] || {{ echo "none of the folders is there" >&2; exit 6; }}
(tar -cf - --exclude=.cache --ignore-failed-read -- "$@" 2>"$out.said"; echo $? >"$out.code") | head -c "$most" >"$out"
size=$(wc -c <"$out") code=$(cat "$out.code")
tail -c 500 "$out.said" >&2; rm -f "$out.said" "$out.code"
[ "$size" -lt "$most" ] || exit 7
[ "$code" -le 1 ]
"""
_UNPACK = f"""
{_OWN}
cd "$2" || exit 5
tar -xpf "$1" --no-same-owner --no-overwrite-dir
code=$?; rm -f "$1"; exit $code
"""


def root_of(folders: Sequence[str]) -> str:
    """What the folders are named from: `/`, or the sandbox's own folder."""
    return "/" if all(f.startswith("/") for f in folders) else "."


async def carry_out(box: Provider, handle: str, folders: Sequence[str], dest: Path, most: int) -> int:
    """Packs an agent's folders into the new file `dest` of this host; returns its size in bytes.

    Folders named `.cache` stay behind, and so does what the agent itself cannot read.

    Args:
        box: The sandbox's provider.
        handle: Names the running sandbox.
        folders: In it; what is no folder is passed over.
        dest: File to create.
        most: Bytes.

    Raises:
        HostError: They have more, or cannot be packed or taken out.
    """
    place, packed = box.commands(handle), _new_file()
    names = [f.lstrip("/") for f in folders]
    try:
        result = await _shell(place, _PACK, packed, str(most + 1), root_of(folders), *names)
        if result.returncode == 7:
            raise HostError(f"the agent's folders have more than {most:,} bytes")
        if not result.success:
            raise HostError(f"the agent's folders cannot be packed: {complaint(result)}")
        return await box.take_out(handle, packed, dest, most, timeout=PATIENCE)
    except Refused as ex:
        raise HostError(f"the agent's packed folders cannot be taken out: {ex}") from ex
    finally:
        await _removed(place, packed)


async def carry_in(box: Provider, handle: str, folders: Sequence[str], archive: Path) -> None:
    """Unpacks what `carry_out` packed, over what is there.

    Args:
        box: The sandbox's provider.
        handle: Names the running sandbox.
        folders: As they were given to `carry_out`.
        archive: File of this host.

    Raises:
        HostError: It cannot be read here or written there.
    """
    place, packed = box.commands(handle), _new_file()
    try:
        with open(archive, "rb") as file:
            while block := await anyio.to_thread.run_sync(file.read, CHUNK):
                written = await place.exec(["/bin/sh", "-c", 'cat >>"$1"', "sh", packed], input=block, timeout=PATIENCE)
                if not written.success:
                    raise HostError(f"the agent's folders cannot be written: {complaint(written)}")
        result = await _shell(place, _UNPACK, packed, root_of(folders))
    except (OSError, TimeoutError) as ex:
        raise HostError(f"the agent's folders cannot be brought back: {ex}") from ex
    if not result.success:
        raise HostError(f"the agent's folders cannot be unpacked: {complaint(result)}")


async def _shell(place: SandboxEnvironment, script: str, *arguments: str) -> ExecResult[str]:
    try:
        return await place.exec(["/bin/sh", "-c", script, "sh", *arguments], timeout=PATIENCE)
    except TimeoutError as ex:
        raise HostError(f"the sandbox did not do it within {PATIENCE} seconds") from ex


def _new_file() -> str:
    """A name that no agent guesses."""
    return f"/tmp/.mlebench-{uuid.uuid4().hex}.tar"


async def _removed(place: SandboxEnvironment, path: str) -> None:
    with anyio.CancelScope(shield=True), anyio.move_on_after(60):
        try:
            await place.exec(["/bin/rm", "-f", path, f"{path}.said", f"{path}.code"], timeout=30)
        except Exception:  # whatever a sandbox raises; what failed before is told
            return

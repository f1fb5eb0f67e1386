"""The file that a bundle is: a zip whose bytes follow from its members' names and contents alone.

Nothing is compressed, all times are the same, and nothing lies between, before or behind what the members ask for. So
a reader builds every header anew from what it found, and compares: a byte that differs anywhere is found.
"""

from __future__ import annotations

import io
import re
import struct
import zlib
from collections.abc import Callable, Sequence
from hashlib import sha256
from pathlib import Path
from typing import IO

from mlebench_inspect.bundles.errors import BrokenBundle, BundleError
from mlebench_inspect.bundles.format import FULL, IS_LISTING, IS_LOCAL, LOCAL, Entry, end, header, listing

MOST_MEMBERS = 500_000
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*(/[A-Za-z0-9][A-Za-z0-9._-]*)*")
_MOST_NAME = 500
_BLOCK = 1 << 20


class Writer:
    """Writes a container.

    Args:
        out: An empty file that can be read, written and sought.
    """

    def __init__(self, out: IO[bytes]) -> None:
        self._out = out
        self.entries: list[Entry] = []

    def add(self, name: str, source: IO[bytes] | bytes, size: int | None = None) -> Entry:
        """Adds a member.

        Args:
            name: In the container.
            source: Its content.
            size: Of the content, in bytes, where that is a file.

        Raises:
            BundleError: The content has another size.
        """
        if isinstance(source, bytes):
            size, source = len(source), io.BytesIO(source)
        assert size is not None
        assert _is_name(name)
        offset = self._out.tell()
        blank = Entry(name, size, 0, "", offset)
        self._out.write(header(blank))
        crc, digest = _copied(source, size, self._out.write)
        if crc is None or source.read(1):
            raise BundleError(f"{name} changed while it was read; wait until its run is over")
        entry = Entry(name, size, crc, digest, offset)
        behind = self._out.tell()
        self._out.seek(offset)
        self._out.write(header(entry))
        self._out.seek(behind)
        self.entries.append(entry)
        return entry

    def close(self) -> None:
        """Writes the directory; the file stays open."""
        start = self._out.tell()
        for entry in self.entries:
            self._out.write(listing(entry))
        self._out.write(end(len(self.entries), self._out.tell() - start, start))


def _copied(source: IO[bytes], size: int, write: Callable[[bytes], object]) -> tuple[int | None, str]:
    """CRC-32, None where there are fewer bytes, and SHA-256 of the next bytes of a file, which are handed on."""
    crc, digest, left = 0, sha256(), size
    while left:
        block = source.read(min(_BLOCK, left))
        if not block:
            return None, ""
        crc, left = zlib.crc32(block, crc), left - len(block)
        digest.update(block)
        write(block)
    return crc, digest.hexdigest()


def _is_name(name: str) -> bool:
    """Whether it is relative, leads nowhere else, and is one on every system."""
    return len(name) <= _MOST_NAME and _NAME.fullmatch(name) is not None


class Container:
    """A container that was found to be whole.

    Args:
        file: Where it lies.

    Raises:
        BrokenBundle: It is not as `Writer` writes it; the message names the member or the place.
    """

    def __init__(self, file: Path) -> None:
        if not file.is_file():
            raise BrokenBundle(f"{file} is no file")
        self.file = file
        with open(file, "rb") as source:
            self.sha256 = _digest(source)
            source.seek(0)
            self.entries = {entry.name: entry for entry in _walk(source)}

    def read(self, name: str, most: int) -> bytes:
        """The content of a member.

        Raises:
            BrokenBundle: There is none, or it has more than `most` bytes.
        """
        entry = self._entry(name)
        if entry.size > most:
            raise BrokenBundle(f"{name} has {entry.size:,} bytes, more than the {most:,} that it may have")
        blocks: list[bytes] = []
        self._copy(entry, blocks.append)
        return b"".join(blocks)

    def extract(self, name: str, file: Path) -> None:
        """Writes a member to the new file `file`.

        Raises:
            BrokenBundle: There is none.
        """
        with open(file, "xb") as out:
            self._copy(self._entry(name), out.write)

    def _entry(self, name: str) -> Entry:
        if name not in self.entries:
            raise BrokenBundle(f"there is no member {name}")
        return self.entries[name]

    def _copy(self, entry: Entry, write: Callable[[bytes], object]) -> None:
        with open(self.file, "rb") as source:
            source.seek(entry.start)
            if _copied(source, entry.size, write)[1] != entry.sha256:
                raise BrokenBundle(f"{entry.name} changed while the bundle was read")


def _digest(source: IO[bytes]) -> str:
    digest = sha256()
    while block := source.read(_BLOCK):
        digest.update(block)
    return digest.hexdigest()


def _walk(source: IO[bytes]) -> list[Entry]:
    """All members, from the first byte to the last."""
    entries: list[Entry] = []
    names: set[str] = set()
    while True:
        offset = source.tell()
        fixed = source.read(LOCAL.size)
        if fixed[:4] != IS_LOCAL:
            break
        entry = _member(source, offset, fixed)
        if entry.name in names:
            raise BrokenBundle(f"the member {entry.name} is there twice")
        if len(entries) == MOST_MEMBERS:
            raise BrokenBundle(f"there are more than {MOST_MEMBERS:,} members")
        names.add(entry.name)
        entries.append(entry)
    source.seek(offset)
    _check_directory(source, entries, offset)
    return entries


def _member(source: IO[bytes], offset: int, fixed: bytes) -> Entry:
    """The member that begins at `offset`, when its header was read so far."""
    if len(fixed) < LOCAL.size:
        raise BrokenBundle(f"the file ends in the header at byte {offset:,}")
    *_, crc, size, _, name_length, extra_length = LOCAL.unpack(fixed)
    rest = source.read(min(name_length, _MOST_NAME + 1) + min(extra_length, 20))
    name = rest[:name_length].decode("ascii", "replace")
    if not _is_name(name):
        raise BrokenBundle(f"the header at byte {offset:,} has the name {name[:80]!r}, which no member may have")
    if size == FULL and len(rest) == name_length + 20:
        (size,) = struct.unpack("<Q", rest[-8:])
    blank = Entry(name, size, crc, "", offset)
    if fixed + rest != header(blank):
        raise BrokenBundle(f"the header of {name}, at byte {offset:,}, is not as it was made")
    found, digest = _copied(source, size, lambda block: None)
    if found is None:
        raise BrokenBundle(f"the file ends within {name}, or the size in its header at byte {offset:,} is not its own")
    if found != crc:
        raise BrokenBundle(f"{name}: its content, or its check sum in the header at byte {offset:,}, was changed")
    return Entry(name, size, crc, digest, offset)


def _check_directory(source: IO[bytes], entries: Sequence[Entry], start: int) -> None:
    if not entries:
        raise BrokenBundle("it is no bundle: it does not begin with a member")
    if source.read(4) != IS_LISTING:
        raise BrokenBundle(
            f"at byte {start:,}, behind {entries[-1].name}, there is neither a header nor the directory: "
            "a byte was changed there, or something was put in"
        )
    source.seek(start)
    for entry in entries:
        expected, offset = listing(entry), source.tell()
        if source.read(len(expected)) != expected:
            raise BrokenBundle(
                f"the directory at the end, at byte {offset:,}, does not list {entry.name}, whose header is at byte "
                f"{entry.offset:,}, as it is; one of the two was changed"
            )
    offset = source.tell()
    expected = end(len(entries), offset - start, start)
    if source.read(len(expected)) != expected:
        raise BrokenBundle(f"what closes the file, at byte {offset:,}, was changed")
    if source.read(1):
        raise BrokenBundle(f"there is something behind the end, at byte {offset + len(expected):,}")

"""The zip format, in the one form that bundles have: headers and directory as functions of the members."""

from __future__ import annotations

import struct
from dataclasses import dataclass

_NARROW, _WIDE = 20, 45  # versions of the format: without and with numbers of 64 bits
_DATE = 0x21  # 1 January 1980
_ATTRIBUTES = 0o100644 << 16  # a plain file
FULL = 0xFFFF_FFFF  # stands for a number that is given with 64 bits
_FULL_COUNT = 0xFFFF

LOCAL = struct.Struct("<4s5H3L2H")
_CENTRAL = struct.Struct("<4s6H3L5H2L")
_END64 = struct.Struct("<4sQ2H2L4Q")
_LOCATOR = struct.Struct("<4sLQL")
_END = struct.Struct("<4s4H2LH")
IS_LOCAL, IS_LISTING = b"PK\x03\x04", b"PK\x01\x02"


@dataclass(frozen=True)
class Entry:
    """One member."""

    name: str
    size: int
    crc: int
    sha256: str
    offset: int
    """Of its header in the file."""

    @property
    def start(self) -> int:
        """Where its content begins."""
        return self.offset + len(header(self))


def _wide(*numbers: int) -> bytes:
    """The numbers that do not fit into 32 bits, as the format keeps them."""
    large = [n for n in numbers if n >= FULL]
    return struct.pack(f"<2H{len(large)}Q", 1, 8 * len(large), *large) if large else b""


def header(entry: Entry) -> bytes:
    """What stands before a member's content."""
    name, extra, size = entry.name.encode("ascii"), _wide(entry.size, entry.size), min(entry.size, FULL)
    version = _WIDE if extra else _NARROW
    fixed = LOCAL.pack(IS_LOCAL, version, 0, 0, 0, _DATE, entry.crc, size, size, len(name), len(extra))
    return fixed + name + extra


def listing(entry: Entry) -> bytes:
    """The member in the directory at the end."""
    name, extra, size = entry.name.encode("ascii"), _wide(entry.size, entry.size, entry.offset), min(entry.size, FULL)
    version = _WIDE if extra else _NARROW
    fixed = _CENTRAL.pack(
        *(IS_LISTING, 3 << 8 | version, version, 0, 0, 0, _DATE, entry.crc, size, size, len(name), len(extra)),
        *(0, 0, 0, _ATTRIBUTES, min(entry.offset, FULL)),
    )
    return fixed + name + extra


def end(number: int, size: int, start: int) -> bytes:
    """What closes the file behind the directory."""
    wide = b""
    if number >= _FULL_COUNT or size >= FULL or start >= FULL:
        wide = _END64.pack(b"PK\x06\x06", 44, 3 << 8 | _WIDE, _WIDE, 0, 0, number, number, size, start)
        wide += _LOCATOR.pack(b"PK\x06\x07", 0, start + size, 1)
    few = min(number, _FULL_COUNT)
    return wide + _END.pack(b"PK\x05\x06", 0, 0, few, few, min(size, FULL), min(start, FULL), 0)

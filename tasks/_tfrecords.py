"""TFRecord files of `tf.train.Example` messages, read and written without TensorFlow.

A file is a chain of records: length (8 bytes, little-endian), masked CRC-32C of the length, payload, masked CRC-32C of
the payload. The payload is a protocol-buffer message: a map from feature names to lists of bytes, floats or integers.
"""

from __future__ import annotations

import struct
from collections.abc import Collection, Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path

from mlebench_inspect.tasks.preparing import DataError

_BYTES_LIST, _INT64_LIST = 1, 3


def read_examples(path: Path, names: Collection[str]) -> Iterator[dict[str, list[bytes] | list[int]]]:
    """The features `names` of each record, in the file's order; checksums are not verified.

    Only lists of bytes and of integers are read. A feature that a record lacks is left out.

    Raises:
        DataError: The file is cut off or no TFRecord file.
    """
    for payload in _read_records(path):
        try:
            yield _features(payload, names)
        except (IndexError, ValueError) as ex:
            raise DataError(f"{path.name} holds a record that is no tf.train.Example ({ex})") from None


def write_examples(path: Path, examples: Iterable[Mapping[str, bytes | int]]) -> int:
    """Writes a new file with a record per mapping of names to one value each; returns their number."""
    count = 0
    with open(path, "xb") as file:
        for example in examples:
            payload = _encode(example)
            length = struct.pack("<Q", len(payload))
            file.write(length + _masked_crc(length) + payload + _masked_crc(payload))
            count += 1
    return count


def _read_records(path: Path) -> Iterator[memoryview]:
    with open(path, "rb") as file:
        while head := file.read(12):
            length = struct.unpack("<Q", head[:8])[0] if len(head) == 12 else 0
            if not 0 < length < 1 << 31:
                raise DataError(f"{path.name} is no TFRecord file, or damaged")
            payload = file.read(length)
            if len(payload) < length or len(file.read(4)) < 4:
                raise DataError(f"{path.name} is cut off")
            yield memoryview(payload)


def _features(example: memoryview, names: Collection[str]) -> dict[str, list[bytes] | list[int]]:
    found: dict[str, list[bytes] | list[int]] = {}
    for _, features in _fields(example):
        for _, entry in _fields(_message(features)):
            pair = dict(_fields(_message(entry)))
            name = bytes(_message(pair.get(1, memoryview(b"")))).decode()
            if name in names:
                for kind, values in _fields(_message(pair.get(2, memoryview(b"")))):
                    if kind == _BYTES_LIST:
                        found[name] = [bytes(_message(v)) for _, v in _fields(_message(values))]
                    elif kind == _INT64_LIST:
                        found[name] = [i for _, v in _fields(_message(values)) for i in _integers(v)]
    return found


def _integers(value: memoryview | int) -> Iterator[int]:
    """Signed integers of a field: one, or several packed ones."""
    if isinstance(value, int):
        yield value - (value >> 63 << 64)
        return
    position = 0
    while position < len(value):
        number, position = _varint(value, position)
        yield number - (number >> 63 << 64)


def _message(value: memoryview | int) -> memoryview:
    if isinstance(value, int):
        raise ValueError("a number where a message is expected")
    return value


def _fields(message: memoryview) -> Iterator[tuple[int, memoryview | int]]:
    """(number, value) of each field of a protocol-buffer message."""
    position = 0
    while position < len(message):
        tag, position = _varint(message, position)
        if tag & 7 == 0:
            value, position = _varint(message, position)
            yield tag >> 3, value
            continue
        if tag & 7 == 2:
            length, position = _varint(message, position)
        else:
            length = {1: 8, 5: 4}.get(tag & 7, -1)
        if length < 0 or position + length > len(message):
            raise ValueError("a field is cut off")
        yield tag >> 3, message[position : position + length]
        position += length


def _varint(message: memoryview, position: int) -> tuple[int, int]:
    """The number at `position` (7 bits a byte, lowest first) and the position behind it."""
    number = shift = 0
    while True:
        byte = message[position]
        number |= (byte & 127) << shift
        position += 1
        if byte < 128:
            return number, position
        shift += 7
        if shift > 63:
            raise ValueError("a number has more than 64 bits")


def _encode(example: Mapping[str, bytes | int]) -> bytes:
    entries = b""
    for name, value in example.items():
        if isinstance(value, bytes):
            feature = _field(_BYTES_LIST, _field(1, value))
        else:
            feature = _field(_INT64_LIST, b"\x08" + _to_varint(value))
        entries += _field(1, _field(1, name.encode()) + _field(2, feature))
    return _field(1, entries)


def _field(number: int, content: bytes) -> bytes:
    return _to_varint(number << 3 | 2) + _to_varint(len(content)) + content


def _to_varint(number: int) -> bytes:
    number &= (1 << 64) - 1
    digits = bytearray()
    while number > 127:
        digits.append(number & 127 | 128)
        number >>= 7
    digits.append(number)
    return bytes(digits)


def _masked_crc(data: bytes) -> bytes:
    table = _crc_table()
    crc = 0xFFFFFFFF
    for byte in data:
        crc = table[(crc ^ byte) & 255] ^ crc >> 8
    crc ^= 0xFFFFFFFF
    return struct.pack("<I", ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF)


@cache
def _crc_table() -> tuple[int, ...]:
    """CRC-32C of each byte (Castagnoli polynomial, bits reversed)."""
    table = []
    for crc in range(256):
        for _ in range(8):
            crc = crc >> 1 ^ (0x82F63B78 if crc & 1 else 0)
        table.append(crc)
    return tuple(table)

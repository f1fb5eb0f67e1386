"""Reads TFRecord files of `tf.train.Example` messages as far as the exploits need them."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any


def labels_by_name(folder: Path, name: str) -> dict[str, int]:
    """The feature `target` of each record below the folder that has one, by the text of the feature `name`."""
    told = {}
    for file in sorted(folder.rglob("*.tfrec")):
        for example in _examples(file):
            if "target" in example:
                told[example[name].decode()] = example["target"]
    return told


def _examples(file: Path) -> Iterator[dict[str, Any]]:
    """The first value of each feature, bytes or an integer, record by record."""
    data, place = file.read_bytes(), 0
    while place < len(data):
        (length,) = struct.unpack_from("<Q", data, place)  # a checksum of four bytes follows, and another the record
        features = _message(data[place + 12 : place + 12 + length])[1][0]
        entries = (_message(entry) for entry in _message(features)[1])
        yield {entry[1][0].decode(): _first(entry[2][0]) for entry in entries}
        place += length + 16


def _first(feature: bytes) -> Any:
    ((kind, (values,)),) = _message(feature).items()
    value = _message(values)[1][0]
    return _number(value, 0)[0] if kind == 3 and isinstance(value, bytes) else value  # 3: a list of integers


def _message(data: bytes) -> dict[int, list[Any]]:
    """The fields of a protocol-buffer message by their numbers: bytes and integers."""
    fields: dict[int, list[Any]] = {}
    place = 0
    while place < len(data):
        key, place = _number(data, place)
        number, place = _number(data, place)
        if key & 7 == 2:  # as many bytes follow
            fields.setdefault(key >> 3, []).append(data[place : place + number])
            place += number
        else:
            fields.setdefault(key >> 3, []).append(number)
    return fields


def _number(data: bytes, place: int) -> tuple[int, int]:
    """An integer written seven bits a byte, and the place behind it."""
    value = shift = 0
    while True:
        value |= (data[place] & 127) << shift
        place, shift = place + 1, shift + 7
        if data[place - 1] < 128:
            return value, place

"""The code that a run kept of an agent, out of the archive beside its log."""

from __future__ import annotations

import gzip
import tarfile
import zlib
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import IO, Self, cast

from inspect_ai.log import read_eval_log_sample

from mlebench_inspect.plagiarism.comparing import Document
from mlebench_inspect.plagiarism.sources import ENDINGS, MAX_FILE, Sources, document
from mlebench_inspect.plagiarism.tokens import MAX_CODE, Unreadable
from mlebench_inspect.reporting.places import first_line
from mlebench_inspect.reporting.records import Result
from mlebench_inspect.run.artifacts import Archive
from mlebench_inspect.run.outcome import SubmissionRecord
from mlebench_inspect.sandboxes.host import HostError

MAX_ARCHIVE = 1 << 29
"""Bytes, uncompressed, that are read of an archive."""
MAX_FILES = 200
"""Scripts and notebooks of one sample."""
MAX_HEADER = 1 << 20
"""Bytes of a long name or the like."""
TOGETHER = "all files"

_HEAVY = {"messages", "events", "events_data", "timelines", "attachments", "output", "error_retries"}


class NotKept(Exception):
    """There is no code of a sample. The message says why."""


def code_of(result: Result) -> Sources:
    """The scripts and notebooks of a sample, and as one more all of them together, where there are several.

    Raises:
        NotKept: None was kept, or it cannot be read.
    """
    try:
        sample = read_eval_log_sample(result.log, result.competition, result.seed, exclude_fields=_HEAVY)
        about = sample.store_as(SubmissionRecord).folders.get("code") or {}
    except Exception as ex:  # whatever reading a damaged file or a cloud's client raises
        raise NotKept(f"its log cannot be read: {first_line(ex)}") from ex
    name = about.get("artifact") if isinstance(about, dict) else None
    if not name:
        raise NotKept(
            str(about.get("problem") or "no code was kept") if isinstance(about, dict) else "no code was kept"
        )
    name = str(name)
    if "://" in name or name.startswith("/") or ".." in PurePosixPath(name).parts:
        raise NotKept(f"{name!r} is no name of a kept file")
    try:
        with Archive.of_log(result.log).fetched(name) as packed:
            found = read_archive(packed)
    except (HostError, OSError, EOFError, zlib.error, tarfile.TarError) as ex:
        told = ex.strerror if isinstance(ex, OSError) and ex.strerror else first_line(ex)
        raise NotKept(f"{name} cannot be read: {told}") from ex
    if not found.documents:
        raise NotKept("; ".join(["there is no script or notebook in it", *found.left_out[:3]]))
    return found


def read_archive(packed: Path) -> Sources:
    """The scripts and notebooks in a tar.gz file: regular files alone, none of them written anywhere.

    Raises:
        OSError, EOFError, zlib.error, tarfile.TarError: It is damaged, or larger than it may be.
    """
    found = Sources([], [])
    with (
        gzip.open(packed, "rb") as source,
        tarfile.open(fileobj=cast(IO[bytes], _Bounded(source)), mode="r|", tarinfo=_Plain) as tar,
    ):
        for name, content in _members(tar, found.left_out):
            try:
                found.documents.append(document(name, content))
            except Unreadable as ex:
                found.left_out.append(f"{name}: {ex}")
    if len(found.documents) > 1:
        _add_together(found)
    return found


def _members(tar: tarfile.TarFile, left_out: list[str]) -> Iterator[tuple[str, bytes]]:
    number = 0
    for member in tar:
        if member.type not in (tarfile.REGTYPE, tarfile.AREGTYPE) or not member.name.endswith(ENDINGS):
            continue
        if member.size > MAX_FILE:
            left_out.append(f"{member.name}: it has more than {MAX_FILE:,} bytes")
            continue
        if number == MAX_FILES:
            left_out.append(f"{member.name} and all behind it: there are more than {MAX_FILES} files")
            return
        source = tar.extractfile(member)
        number += 1
        yield member.name, source.read() if source else b""


def _add_together(found: Sources) -> None:
    """One more document of all files, for copies that were divided; a line before each says which it is."""
    parts = [f"# file {' '.join(d.name.split())}\n{d.code.rstrip()}\n" for d in found.documents]
    try:
        whole = Document(TOGETHER, "".join(parts))
        _ = whole.fingerprints
        found.documents.append(whole)
    except Unreadable:
        found.left_out.append(f"{TOGETHER} as one: they have more than {MAX_CODE:,} characters")


class _Plain(tarfile.TarInfo):
    """A header; `tarfile` reads what belongs to one into memory at once, whatever its size."""

    @classmethod
    def frombuf(cls, buf: bytes | bytearray, encoding: str, errors: str) -> Self:
        found = super().frombuf(buf, encoding, errors)
        if found.type == tarfile.GNUTYPE_SPARSE:
            raise tarfile.ReadError("it holds what such an archive never does")
        if found.type not in tarfile.REGULAR_TYPES and found.size > MAX_HEADER:
            raise tarfile.ReadError(f"a header has {found.size:,} bytes")
        return found


class _Bounded:
    """A stream that ends in an error where an archive is too large."""

    def __init__(self, source: gzip.GzipFile) -> None:
        self._source, self._left = source, MAX_ARCHIVE

    def read(self, count: int) -> bytes:
        """At most `count` bytes.

        Raises:
            OSError: It is too much.
        """
        block = self._source.read(count)
        self._left -= len(block)
        if self._left < 0:
            raise OSError(f"it holds more than {MAX_ARCHIVE:,} bytes")
        return block

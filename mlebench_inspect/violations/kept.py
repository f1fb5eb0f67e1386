"""What was kept of a sample beside its log, and what it was given: read as hostile, bounded, no link followed."""

from __future__ import annotations

import gzip
import tarfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import IO

from mlebench_inspect.data.store import Store
from mlebench_inspect.plain import one_line
from mlebench_inspect.run.artifacts import Archive
from mlebench_inspect.sandboxes.host import HostError
from mlebench_inspect.tasks import CatalogueError, competition
from mlebench_inspect.violations.material import Piece, Submission, language_of

LARGEST_FILE, MOST_FILES, LARGEST_ARCHIVE = 1 << 20, 2_000, 256 << 20
"""Bytes of a file that are read; files; bytes of an archive, uncompressed."""
MOST_CODE, LARGEST_SUBMISSION, LARGEST_TABLE, MOST_TABLES = 16 << 20, 16 << 20, 16 << 20, 12
_CODE = {".py", ".ipynb", ".sh", ".bash", ".r", ".jl", ".c", ".cpp", ".cu", ".rs", ".go", ".js", ".md", ".txt", ".rst"}
_CODE |= {".yaml", ".yml", ".toml", ".cfg", ".ini", ".pyw", ".sql", ".pl", ".lua"}
_OTHERS = {
    "site-packages",
    "node_modules",
    "__pycache__",
    ".git",
    "venv",
    ".venv",
    "dist-packages",
    ".cache",
    "catboost_info",
}


class Unavailable(Exception):
    """Something cannot be had; the message says why."""


class _Bounded:
    """A stream that ends after so many bytes."""

    def __init__(self, stream: IO[bytes], most: int) -> None:
        self._stream, self._left = stream, most

    def read(self, size: int = -1) -> bytes:
        """Reads on."""
        block = self._stream.read(min(size if size >= 0 else self._left, self._left))
        self._left -= len(block)
        return block


def code_of(archive: Archive, artifact: str) -> tuple[list[Piece], bool]:
    """The files of a kept folder of code, and whether these are all.

    Raises:
        Unavailable: The archive is lost or damaged, or named as none is.
    """
    _check_name(artifact)
    try:
        with archive.fetched(artifact) as file, gzip.open(file, "rb") as stream:
            return _code_in(_Bounded(stream, LARGEST_ARCHIVE))  # type: ignore[arg-type]
    except HostError as ex:
        raise Unavailable(f"the kept code ({ex})") from ex
    except Exception as ex:  # whatever is wrong with an archive that an agent filled
        raise Unavailable(f"the kept code ({type(ex).__name__})") from ex


def _code_in(stream: IO[bytes]) -> tuple[list[Piece], bool]:
    found: list[Piece] = []
    fetched: set[str] = set()
    left, is_whole = MOST_CODE, True
    try:
        with tarfile.open(fileobj=stream, mode="r|") as tar:
            for count, member in enumerate(tar):
                # the size is what the archive claims: tarfile would go on to the end of a file that does not end
                if member.size > LARGEST_ARCHIVE or count >= 20 * MOST_FILES or len(found) >= MOST_FILES or left <= 0:
                    is_whole = False
                    break
                parts = PurePosixPath(member.name).parts
                if ".git" in parts[1:]:
                    fetched.add("/".join(parts[: parts.index(".git", 1)]))
                if not member.isreg() or not _is_code(parts):
                    continue
                content = tar.extractfile(member)
                data = content.read(min(LARGEST_FILE, left)) if content else b""
                left -= len(data)
                is_whole = is_whole and len(data) == member.size
                found.append(_piece("/".join(parts), data))
    except (tarfile.TarError, EOFError, OSError, ValueError):
        if not found:
            raise
        is_whole = False
    return [
        p for p in found if not any(p.path.startswith(f"{f}/") for f in fetched if f not in ("", ".", "code"))
    ], is_whole


def _is_code(parts: tuple[str, ...]) -> bool:
    return bool(parts) and PurePosixPath(parts[-1]).suffix.lower() in _CODE and not _OTHERS & set(parts)


def _piece(name: str, data: bytes) -> Piece:
    shown = one_line(name.removeprefix("./").removeprefix("code/"))[:200]
    return Piece(data.decode(errors="replace"), f"code/{shown}", language_of(name), name, by="kept")


def submission_of(archive: Archive, artifact: str) -> Submission:
    """The kept submission, or its beginning.

    Raises:
        Unavailable: It is lost or damaged, or named as none is.
    """
    _check_name(artifact)
    try:
        with archive.fetched(artifact) as file, gzip.open(file, "rb") as stream:
            data = stream.read(LARGEST_SUBMISSION + 1)
    except HostError as ex:
        raise Unavailable(f"the kept submission ({ex})") from ex
    except Exception as ex:  # whatever is wrong with it
        raise Unavailable(f"the kept submission ({type(ex).__name__})") from ex
    return Submission(data[:LARGEST_SUBMISSION].decode(errors="replace"), len(data) <= LARGEST_SUBMISSION)


def _check_name(artifact: str) -> None:
    """Refuses what no run calls its files: a log may be anyone's."""
    if "://" in artifact or artifact.startswith("/") or ".." in PurePosixPath(artifact).parts:
        raise Unavailable("what was kept (its name leads elsewhere)")


def public_of(competition_id: str, data_dir: str | None, data: str, revision: str) -> dict[str, str]:
    """Small tables of the public data, or their beginnings, by name.

    Raises:
        Unavailable: This host has none.
    """
    try:
        store = Store.open(data_dir, data, revision)  # type: ignore[arg-type]
        folder = store.public(competition(competition_id))
        tables = list(_tables(folder))
    except (CatalogueError, OSError) as ex:
        raise Unavailable("the public data on this host") from ex
    if not tables:
        raise Unavailable("tables of the public data on this host")
    return {file.relative_to(folder).as_posix(): _beginning(file) for file in tables}


def _tables(folder: Path) -> Iterator[Path]:
    """Those of the test set and of the sample first."""
    found = [f for pattern in ("*.csv", "*/*.csv") for f in sorted(folder.glob(pattern))[:200] if f.is_file()]
    yield from sorted(found, key=lambda f: "sample" not in f.name.lower() and "test" not in f.name.lower())[
        :MOST_TABLES
    ]


def _beginning(file: Path) -> str:
    with open(file, "rb") as source:
        return source.read(LARGEST_TABLE).decode(errors="replace")

"""Where a run keeps things: in `artifacts`, beside its log, wherever the log lies."""

from __future__ import annotations

import contextlib
import gzip
import hashlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from mlebench_inspect._inspect import filesystem, running
from mlebench_inspect.sandboxes.host import HostError

KEEP_FREE = 2**30
"""Bytes that whatever is no submission leaves free in the log's folder."""
_BLOCK = 1 << 20


@dataclass(frozen=True)
class Archive:
    """The folder that holds a log: on this host, or `s3://`, `gs://`, `memory://` and whatever else Inspect writes to.

    All methods block; from a coroutine call them in a thread.
    """

    root: str

    @classmethod
    def of_log(cls, location: str) -> Archive:
        """The folder of the log at `location`."""
        location = location.removeprefix("file://")
        if "://" in location:
            return cls(location.rpartition("/")[0])
        return cls(str(Path(location).absolute().parent))

    @classmethod
    def of_run(cls) -> Archive:
        """The folder of the running evaluation's log; outside of one INSPECT_LOG_DIR, else `./logs`."""
        now = running()
        if now is not None and now.log_location:
            return cls.of_log(now.log_location)
        folder = os.environ.get("INSPECT_LOG_DIR", "logs").removeprefix("file://").rstrip("/")
        return cls(folder if "://" in folder else str(Path(folder).absolute()))

    @property
    def is_local(self) -> bool:
        """Whether it is a folder of this host."""
        return "://" not in self.root

    def path(self, name: str) -> str:
        """Where the file `name`, relative to the log's folder, lies; an absolute name is taken as it is."""
        return name if "://" in name or Path(name).is_absolute() else f"{self.root}/{name}"

    def has(self, name: str) -> bool:
        """Whether it is there.

        Raises:
            HostError: That cannot be told.
        """
        try:
            return Path(self.path(name)).is_file() if self.is_local else filesystem(self.root).exists(self.path(name))
        except Exception as ex:  # whatever a cloud's client raises
            raise HostError(f"{self.root} cannot be reached: {ex}") from ex

    def check_room(self, spare: int, file: Path | None = None) -> None:
        """Refuses where less than `spare` bytes would be left free; a folder that is not this host's has room.

        Args:
            spare: Bytes.
            file: What is to be moved there.

        Raises:
            HostError: There is less room.
        """
        if not self.is_local:
            return
        folder = Path(self.root)
        while not folder.exists() and folder != folder.parent:
            folder = folder.parent
        try:
            needed = file.stat().st_size if file and file.stat().st_dev != folder.stat().st_dev else 0
            left = shutil.disk_usage(folder).free - needed
        except OSError as ex:
            raise HostError(f"{self.root} cannot be looked at: {ex.strerror or ex}") from ex
        if left < spare:
            raise HostError(
                f"there is no room in {self.root}: {max(0, left):,} bytes would stay free, at least {spare:,} must"
            )

    def put(self, file: Path, name: str, spare: int = 0) -> None:
        """Keeps a file of this host as `name`; nobody ever sees half of it. `file` may be gone afterwards.

        Args:
            file: What to keep.
            name: Relative to the log's folder.
            spare: Bytes that must be left free.

        Raises:
            HostError: It cannot be kept.
        """
        try:
            if self.is_local:
                target = Path(self.path(name))
                target.parent.mkdir(parents=True, exist_ok=True)
                Archive(str(target.parent)).check_room(spare, file)
                aside = target.with_name(f".{target.name}.{os.getpid()}.part")
                try:
                    shutil.move(file, aside)
                    os.replace(aside, target)
                finally:
                    aside.unlink(missing_ok=True)
            else:
                files = filesystem(self.root)
                files.mkdir(self.path(name).rpartition("/")[0], exist_ok=True)
                files.put_file(str(file), self.path(name))
        except HostError:
            raise
        except Exception as ex:  # whatever a cloud's client raises
            raise HostError(f"{name} cannot be kept in {self.root}: {ex}") from ex

    def remove(self, name: str) -> None:
        """Removes what was kept as `name`; nothing where it is gone.

        Raises:
            HostError: It cannot be removed.
        """
        try:
            if self.is_local:
                Path(self.path(name)).unlink(missing_ok=True)
            elif self.has(name):
                filesystem(self.root).rm(self.path(name))
        except Exception as ex:  # whatever a cloud's client raises
            raise HostError(f"{name} cannot be removed from {self.root}: {ex}") from ex

    def keep(self, file: Path, name: str) -> str:
        """Keeps `file` compressed as `name`.gz; returns that name.

        Raises:
            HostError: It cannot be kept.
        """
        with packed(file) as small:
            self.put(small, f"{name}.gz")
        return f"{name}.gz"

    def restore(self, name: str, file: Path, most: int) -> None:
        """Writes what was kept as `name` to the new file `file`, uncompressed.

        Args:
            name: As `keep` returned it.
            file: File to create.
            most: Bytes; more are refused, since what is kept never had more.

        Raises:
            HostError: It cannot be had, or is damaged.
        """
        with self.fetched(name) as found:
            try:
                unpack(found, file, most)
            except Exception as ex:  # whatever is wrong with the file
                raise HostError(f"{name} cannot be read from {self.root}: {ex}") from ex

    @contextlib.contextmanager
    def fetched(self, name: str) -> Iterator[Path]:
        """What was kept as `name`, as it lies there, as a file of this host for as long as this is open.

        Raises:
            HostError: It cannot be had.
        """
        if self.is_local:
            yield Path(self.path(name))
            return
        with tempfile.TemporaryDirectory(prefix="mlebench-", ignore_cleanup_errors=True) as folder:
            file = Path(folder) / "fetched"
            try:
                filesystem(self.root).get_file(self.path(name), str(file))
            except Exception as ex:  # whatever a cloud's client raises
                raise HostError(f"{name} cannot be read from {self.root}: {ex}") from ex
            yield file


@contextlib.contextmanager
def packed(file: Path) -> Iterator[Path]:
    """`file`, compressed beside it for as long as this is open.

    Raises:
        HostError: There is no room for it.
    """
    small = file.with_name(f"{file.name}.packed")
    try:
        try:
            with open(file, "rb") as source, gzip.GzipFile(small, "wb", compresslevel=1, mtime=0) as out:
                shutil.copyfileobj(source, out, _BLOCK)
        except OSError as ex:
            raise HostError(f"{file.parent} cannot be written: {ex.strerror or ex}") from ex
        yield small
    finally:
        small.unlink(missing_ok=True)


class TooLarge(ValueError):
    """A compressed file holds more than it may."""


def unpack(packed: Path, file: Path, most: int) -> None:
    """Uncompresses a gzip file to the new file `file`, `most` bytes at most.

    Raises:
        TooLarge: It holds more.
        OSError: It cannot be read or written, or is damaged.
        EOFError: It ends early.
    """
    left = most
    with gzip.open(packed, "rb") as source, open(file, "xb") as out:
        while block := source.read(min(_BLOCK, left + 1)):
            left -= len(block)
            if left < 0:
                raise TooLarge(f"it holds more than {most:,} bytes")
            out.write(block)


def sha256(file: Path) -> str:
    """SHA-256 of a file, as hex digits."""
    with open(file, "rb") as source:
        return hashlib.file_digest(source, "sha256").hexdigest()

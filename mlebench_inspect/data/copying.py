"""Prepared data from one store into another: a shared file system, or a volume of a cluster.

As everywhere in a store, what has its proper name is complete: files are written aside and renamed, in a folder that
gets its name at the end. A copy that was interrupted goes on; what it has is compared with the source.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from mlebench_inspect.data import modes
from mlebench_inspect.data.archives import human, md5
from mlebench_inspect.data.contents import PARTS, Contents, Part, known_sums, listing, parts_in
from mlebench_inspect.data.errors import DiskFullError, PreparationError, is_disk_full
from mlebench_inspect.data.jobs import Job, Outcome, Progress, Report
from mlebench_inspect.data.locking import locked
from mlebench_inspect.data.manifest import FileSum, Manifest
from mlebench_inspect.data.store import Store
from mlebench_inspect.tasks import Competition, competition
from mlebench_inspect.tasks.preparing import forget_time

_CHUNK = 1 << 20


def copy_job(job: Job, report: Report) -> Outcome:
    """Copies what is prepared of one competition into `job.into`, under the lock that lies there.

    Nothing is written or locked in the source.

    Raises:
        PreparationError: It cannot be copied; the message says why.
    """
    assert job.into is not None
    found, source, start = competition(job.competition), job.store, time.monotonic()
    target = replace(source, data_dir=job.into)
    parts: tuple[Part, ...] = ("public",) if job.public_only else PARTS
    waiting = Progress(stage="waiting", note="another process copies it")
    try:
        with locked(target.root / ".locks" / f"{found.id}.lock", waiting=lambda: report(waiting)):
            copied = [_Copy(a, b, parts, report).run() for a, b in _folders(source, target, found)]
    except OSError as ex:
        if is_disk_full(ex):
            raise DiskFullError(_full(found.id, target.root)) from ex
        raise PreparationError(f"{found.id}: {ex.filename or target.root}: {ex.strerror or ex}") from ex
    manifest = Manifest.read(source.prepared(found))
    return Outcome(
        competition=found.id,
        state="copied" if any(copied) else "there",
        verified=manifest.verified if manifest else "no",
        seconds=round(time.monotonic() - start, 2),
    )


def _folders(source: Store, target: Store, found: Competition) -> list[tuple[Path, Path]]:
    pairs = [(source.prepared(found), target.prepared(found))]
    return pairs + ([(source.searched(found), target.searched(found))] if source.search_score is not None else [])


def _full(competition_id: str, root: Path) -> str:
    free = human(shutil.disk_usage(root).free)
    return f"{competition_id}: no space left in {root} ({free} free); free some, then run the same command to go on"


class _Copy:
    """One prepared folder."""

    def __init__(self, source: Path, target: Path, parts: Sequence[Part], report: Report) -> None:
        self._source, self._target, self._parts, self._report = source, target, parts, report
        self._partial = target.with_name(f".{target.name}.copying")
        self._scratch = target.with_name(f".{target.name}.file")
        self._sizes = listing(source, parts)
        self._known = known_sums(source)
        total = sum(self._sizes.values())
        self._progress = Progress(stage="copy", total_files=len(self._sizes), total_bytes=total)

    def run(self) -> bool:
        """Whether anything was to be done."""
        from mlebench_inspect.data.runner import swap

        if self._is_there():
            return False
        self._take_over()
        self._require_space()
        for name in listing(self._partial, parts_in(self._partial)):
            if name not in self._sizes:  # of an older source
                (self._partial / name).unlink()
        sums = {name: self._copied(name, size) for name, size in self._sizes.items()}
        Contents(parts=list(self._parts), files=sums).write(self._partial)
        self._write_manifest()
        modes.settle(self._partial, self._parts)
        swap(self._partial, self._target)
        return True

    def _is_there(self) -> bool:
        """Whether the target has these files by name and size already, from the same preparation."""
        known = Contents.read(self._target)
        if known is None or not set(self._parts) <= {*known.parts} & {*parts_in(self._target)}:
            return False
        mine = {n: s.bytes for n, s in known.files.items() if n.split("/")[0] in self._parts}
        return mine == self._sizes == listing(self._target, self._parts) and self._is_same_preparation(known.parts)

    def _is_same_preparation(self, parts: Sequence[Part]) -> bool:
        here, there = Manifest.read(self._source), Manifest.read(self._target)
        if here is None or there is None:
            return here is there
        return _of_parts(here, parts) == _of_parts(there, parts)

    def _take_over(self) -> None:
        """Starts from what the target has, for instance the public part of a folder that had no answers."""
        for part in self._parts:
            (self._partial / part).mkdir(parents=True, exist_ok=True)
        for name, size in self._sizes.items():
            old, new = self._target / name, self._partial / name
            if not new.exists() and old.is_file() and not old.is_symlink() and old.stat().st_size == size:
                new.parent.mkdir(parents=True, exist_ok=True)
                try:
                    os.link(old, new)
                except OSError:  # a file system without links
                    return

    def _require_space(self) -> None:
        there = sum(s for n, s in self._sizes.items() if (self._partial / n).is_file())
        needed, free = sum(self._sizes.values()) - there, shutil.disk_usage(self._partial).free
        if needed > free:
            raise DiskFullError(
                f"{self._source} needs {human(needed)}, but {self._target.parent} has {human(free)} free; free some "
                "space or choose another --into, then run the same command to go on"
            )

    def _copied(self, name: str, size: int) -> FileSum:
        source, target = self._source / name, self._partial / name
        done = self._progress.bytes
        self._report(self._progress)
        if target.is_file() and target.stat().st_size == size and md5(target) == (told := md5(source)):
            found = FileSum(bytes=size, md5=told)
        else:
            found = self._write(source, target)
        known = self._known.get(name)
        if known is not None and (known.bytes, known.md5) != (found.bytes, found.md5):
            target.unlink()
            raise PreparationError(
                f"{source} is damaged: its MD5 is {found.md5}, not {known.md5} as when it was prepared; delete "
                f"{self._source} and prepare it again"
            )
        self._progress.files += 1
        self._progress.bytes = done + size
        return found

    def _write(self, source: Path, target: Path) -> FileSum:
        digest, size, done = hashlib.md5(usedforsecurity=False), 0, self._progress.bytes
        target.parent.mkdir(parents=True, exist_ok=True)
        self._scratch.unlink(missing_ok=True)
        descriptor = os.open(self._scratch, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with open(source, "rb") as file, open(descriptor, "wb") as out:
            while chunk := file.read(_CHUNK):
                digest.update(chunk)
                out.write(chunk)
                size += len(chunk)
                self._report(self._progress.model_copy(update={"bytes": done + size}))
        forget_time(self._scratch)
        self._scratch.replace(target)
        return FileSum(bytes=size, md5=digest.hexdigest())

    def _write_manifest(self) -> None:
        manifest = Manifest.read(self._source)
        if manifest is not None:
            _of_parts(manifest, self._parts).write(self._partial)


def _of_parts(manifest: Manifest, parts: Sequence[Part]) -> Manifest:
    """The manifest without what it says of other parts: sums and columns of answers could confirm a guess."""
    if set(PARTS) <= set(parts):
        return manifest
    files = {name: s for name, s in manifest.files.items() if name.split("/")[0] in parts}
    return manifest.model_copy(update={"files": files, "notes": []})

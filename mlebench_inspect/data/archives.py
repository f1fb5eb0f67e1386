"""Unpacking Kaggle's outer zip: safe names, bounded, resumable, and finding out damage."""

from __future__ import annotations

import hashlib
import os
import shutil
import stat
import zipfile
import zlib
from pathlib import Path

from mlebench_inspect.data.errors import ArchiveError, DiskFullError, PreparationError
from mlebench_inspect.data.jobs import Progress, Report, Stage
from mlebench_inspect.tasks.preparing import forget_time, safe_name

_CHUNK = 1 << 20
_DAMAGE = (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError)  # RuntimeError: unknown method, password


def md5(path: Path, report: Report | None = None, stage: Stage = "check") -> str:
    """MD5 of a file."""
    digest, done, total = hashlib.md5(usedforsecurity=False), 0, path.stat().st_size
    with open(path, "rb") as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
            done += len(chunk)
            if report is not None:
                report(Progress(stage=stage, bytes=done, total_bytes=total, note=path.name))
    return digest.hexdigest()


def damage(archive: Path) -> str | None:
    """What is broken in a zip, by its own check sums; None where nothing is."""
    try:
        with zipfile.ZipFile(archive) as zipped:
            bad = zipped.testzip()
    except _DAMAGE as ex:
        return str(ex) or type(ex).__name__
    return f"{bad} fails its check sum" if bad else None


def unpack(archive: Path, target: Path, scratch: Path, report: Report) -> int:
    """Unpacks a zip below the folder `target`, which may hold what an interrupted call left there.

    Members that are there in full are kept; whatever is not the archive's is deleted. No more is written than the
    archive announces, and nothing if the file system cannot hold it. Links in the archive are refused.

    Args:
        archive: The zip.
        target: Holds members alone at any time, each in full.
        scratch: Folder on the same file system for the member that is being written.
        report: Told how far it is.

    Returns:
        The number of files.

    Raises:
        ArchiveError: The archive is damaged.
        DataError: A member's name leads outside the folder.
        DiskFullError: The file system cannot hold the contents.
    """
    for folder in (target, scratch):
        folder.mkdir(parents=True, exist_ok=True)
    try:
        with zipfile.ZipFile(archive) as zipped:
            members = {safe_name(i.filename, archive): i for i in zipped.infolist()}
            files = {n: i for n, i in members.items() if not i.is_dir()}
            _refuse_links(files, archive)
            _delete_others(target, members)
            done = {n for n, i in files.items() if _is_complete(target / n, i)}
            _require_space(sum(i.file_size for n, i in files.items() if n not in done), target)
            counter = Progress(
                stage="unpack", total_files=len(files), total_bytes=sum(i.file_size for i in files.values())
            )
            for name, info in members.items():
                if info.is_dir():
                    (target / name).mkdir(parents=True, exist_ok=True)
                    continue
                if name not in done:
                    _write(zipped, info, target / name, scratch / "member")
                counter.files += 1
                counter.bytes += info.file_size
                report(counter)
    except PreparationError:
        raise
    except _DAMAGE as ex:
        raise ArchiveError(f"{archive.name} is damaged: {ex}") from ex
    return len(files)


def _delete_others(target: Path, members: dict[str, zipfile.ZipInfo]) -> None:
    """Deletes what an archive does not hold, such as what is left of another one, so that it is never published."""
    files = {Path(n) for n, i in members.items() if not i.is_dir()}
    folders = {Path(n) for n, i in members.items() if i.is_dir()} | {p for f in files for p in f.parents}
    for here, inner, names in os.walk(target):
        for name in [*inner, *names]:
            path = Path(here, name)
            is_folder = path.is_dir() and not path.is_symlink()
            if path.relative_to(target) in (folders if is_folder else files) and not path.is_symlink():
                continue
            if is_folder:
                shutil.rmtree(path)
                inner.remove(name)
            else:
                path.unlink()


def _write(zipped: zipfile.ZipFile, info: zipfile.ZipInfo, destination: Path, partial: Path) -> None:
    destination.parent.mkdir(parents=True, exist_ok=True)
    try:
        with zipped.open(info) as source, open(partial, "wb") as file:
            shutil.copyfileobj(source, file, _CHUNK)
        forget_time(partial)
        partial.replace(destination)
    except BaseException:
        partial.unlink(missing_ok=True)
        raise


def _is_complete(path: Path, info: zipfile.ZipInfo) -> bool:
    try:
        if path.stat().st_size != info.file_size:
            return False
    except OSError:
        return False
    crc = 0
    with open(path, "rb") as file:
        while chunk := file.read(_CHUNK):
            crc = zlib.crc32(chunk, crc)
    return crc == info.CRC


def _refuse_links(files: dict[str, zipfile.ZipInfo], archive: Path) -> None:
    for name, info in files.items():
        kind = stat.S_IFMT(info.external_attr >> 16)
        if kind not in (0, stat.S_IFREG):
            raise ArchiveError(f"{archive.name} holds {name!r}, which is no plain file; this is not Kaggle's archive")


def _require_space(needed: int, folder: Path) -> None:
    free = shutil.disk_usage(folder).free
    if needed > free:
        raise DiskFullError(
            f"unpacking needs {human(needed)}, but {folder.parent} has {human(free)} free; "
            "free some space or choose another --data-dir, then run the same command to go on"
        )


def human(size: float) -> str:
    """A size in bytes for people: `1.5 GB`."""
    for unit in ("bytes", "kB", "MB", "GB"):
        if size < 1000:
            return f"{size:.0f} {unit}" if unit == "bytes" or size >= 100 else f"{size:.1f} {unit}"
        size /= 1000
    return f"{size:.1f} TB"

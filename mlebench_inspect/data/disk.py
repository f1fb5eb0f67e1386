"""Disk use: what folders take, hard links counted once, and sharing equal files between raw and prepared data."""

from __future__ import annotations

import filecmp
import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from mlebench_inspect.tasks.preparing import time_is_forgotten

_SMALLEST_SHARED = 4096


def used(folders: Iterable[Path]) -> int:
    """Bytes on disk of everything below the folders; a file with several names counts once."""
    seen: set[tuple[int, int]] = set()
    total = 0
    for folder in folders:
        for entry in _files(folder):
            info = entry.stat(follow_symlinks=False)
            if (info.st_dev, info.st_ino) not in seen:
                seen.add((info.st_dev, info.st_ino))
                total += getattr(info, "st_blocks", -(-info.st_size // 512)) * 512
    return total


def share(raw: Path, public: Path) -> int:
    """Makes public files that equal the raw file of the same name hard links to it.

    Files without a time of their own are left alone: the preparation made them anew so that they are no links.

    Returns:
        Bytes saved. Where the file system knows no hard links nothing is done.
    """
    alone = [
        e
        for e in _files(public)
        if e.stat().st_nlink == 1 and e.stat().st_size >= _SMALLEST_SHARED and not time_is_forgotten(e)
    ]
    if not alone:
        return 0
    wanted = {(e.name, e.stat().st_size) for e in alone}
    partners: dict[tuple[str, int], list[str]] = {}
    for entry in _files(raw):
        key = (entry.name, entry.stat(follow_symlinks=False).st_size)
        if key in wanted and not entry.is_symlink():
            partners.setdefault(key, []).append(entry.path)
    saved = 0
    for entry in alone:
        size = entry.stat().st_size
        for partner in partners.get((entry.name, size), []):
            if filecmp.cmp(partner, entry.path, shallow=False):
                if not _link(partner, entry.path):
                    return saved
                saved += size
                break
    return saved


def _link(source: str, target: str) -> bool:
    temporary = f"{target}.link"
    try:
        os.link(source, temporary)
    except OSError:
        return False
    os.replace(temporary, target)
    return True


def _files(folder: Path | str) -> Iterator[os.DirEntry[str]]:
    try:
        entries = os.scandir(folder)
    except (FileNotFoundError, NotADirectoryError):
        return
    with entries:
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                yield from _files(entry.path)
            else:
                yield entry

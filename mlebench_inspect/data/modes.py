"""Who may read prepared data: `public` everybody, since agents have other uids; `private` its owner alone.

The modes neither depend on the umask nor on those of the archive.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Collection, Iterator
from pathlib import Path

from mlebench_inspect.tasks.preparing import clone

_PUBLIC, _PRIVATE = (0o755, 0o644), (0o700, 0o600)  # folders, files


def settle(prepared: Path, parts: Collection[str] = ("public", "private")) -> None:
    """Gives data that is about to be published its modes.

    A link has the modes of all its names. So private files get an inode of their own, lest closing them closes a
    public file (or a raw one), or another revision opens them.

    Args:
        prepared: Folder with `public` and `private`, not yet under its proper name.
        parts: Which of the two it has.

    Raises:
        OSError: A file can be made neither readable nor private.
    """
    for path, info in _tree(prepared / "private") if "private" in parts else ():
        if stat.S_ISREG(info.st_mode) and info.st_nlink > 1:
            _separate(path)
    for part, modes in ((p, _PUBLIC if p == "public" else _PRIVATE) for p in parts):
        for path, info in _tree(prepared / part):
            if stat.S_ISDIR(info.st_mode):
                _change(path, info, modes[0])
            elif stat.S_ISREG(info.st_mode):
                _change(path, info, modes[1])
    prepared.chmod(_PUBLIC[0])


def open_public(prepared: Path, sample: Path) -> bool:
    """Lets everybody read the public part of data that others prepared, as far as this user may change it.

    Args:
        prepared: Folder with `public` and `private`.
        sample: A public file. Only if it or the folder is closed are all files looked at.

    Returns:
        Whether agents can read the folder and the sample afterwards.
    """
    public = prepared / "public"
    if not _is_open(public) or not _is_open(sample):
        for path, info in _tree(public):
            mode = stat.S_IMODE(info.st_mode)
            needed = mode | (0o555 if stat.S_ISDIR(info.st_mode) else 0o444)
            if mode != needed and not stat.S_ISLNK(info.st_mode):
                try:
                    path.chmod(needed)
                except OSError:
                    break
    return _is_open(public) and _is_open(sample)


def _is_open(path: Path) -> bool:
    needed = 0o005 if path.is_dir() else 0o004
    return path.stat().st_mode & needed == needed


def _change(path: Path, info: os.stat_result, mode: int) -> None:
    if stat.S_IMODE(info.st_mode) == mode:
        return
    try:
        path.chmod(mode)
    except PermissionError:  # a link to another user's file
        if info.st_nlink == 1 or not stat.S_ISREG(info.st_mode):
            raise
        _separate(path)
        path.chmod(mode)


def _separate(path: Path) -> None:
    """Puts a file of its own in a link's place."""
    aside = path.with_name(f"{path.name[:200]}.own")
    clone(path, aside)
    aside.replace(path)


def _tree(folder: Path) -> Iterator[tuple[Path, os.stat_result]]:
    """The folder and everything below it; links are not followed."""
    yield folder, folder.lstat()
    with os.scandir(folder) as entries:
        for entry in sorted(entries, key=lambda e: e.name):
            if entry.is_dir(follow_symlinks=False):
                yield from _tree(Path(entry.path))
            else:
                yield Path(entry.path), entry.stat(follow_symlinks=False)

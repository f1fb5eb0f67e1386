"""`contents.json` beside `public` and `private`: size and MD5 of every file, so that a copy can be checked.

The manifest knows the sums of published files alone, and is a part of a run's identity. This list is about bytes on a
disk: it is written where data is copied to, or by `verify-store --record`.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict

from mlebench_inspect.data.archives import md5
from mlebench_inspect.data.errors import PreparationError
from mlebench_inspect.data.jobs import Progress, Report
from mlebench_inspect.data.manifest import FileSum, Manifest, read_json, write_json

NAME = "contents.json"
Part = Literal["public", "private"]
PARTS: tuple[Part, ...] = ("public", "private")


class Contents(BaseModel):
    """All files of one prepared folder."""

    model_config = ConfigDict(extra="ignore")

    parts: list[Part]
    """Which of the two were copied: `public` alone where answers must not be."""
    files: dict[str, FileSum]
    """By name, such as `public/train.csv`."""

    def write(self, folder: Path) -> None:
        """Writes the list into the folder that holds `public` and `private`."""
        write_json(folder / NAME, self.model_dump(mode="json", exclude_none=True))

    @classmethod
    def read(cls, folder: Path) -> Contents | None:
        """The folder's list; None where there is none.

        Raises:
            PreparationError: There is one, but it is unreadable.
        """
        return read_json(cls, folder / NAME, "copy the folder again")


@dataclass
class Check:
    """What was found in one prepared folder."""

    parts: tuple[Part, ...]
    checked: int = 0
    """Files that are as they must be."""
    bytes: int = 0
    """Of these."""
    differing: dict[str, str] = field(default_factory=dict)
    """Why a file is not as it must be, by name."""
    without_sum: list[str] = field(default_factory=list)
    """Files of which no sum is known."""


def parts_in(folder: Path) -> list[Part]:
    """Which parts a prepared folder has."""
    return [part for part in PARTS if (folder / part).is_dir()]


def listing(folder: Path, parts: Iterable[Part]) -> dict[str, int]:
    """Sizes of all files of these parts, by name, in alphabetical order.

    Raises:
        PreparationError: Something is neither a file nor a folder, or a link to a folder.
    """
    found: dict[str, int] = {}
    for part in parts:
        for here, inner, names in os.walk(folder / part, onerror=_raise):
            inner.sort()
            for path in (Path(here, name) for name in [*inner, *names]):
                if path.is_dir() and not path.is_symlink():
                    continue
                if not path.is_file():
                    raise PreparationError(
                        f"{path} is neither a file nor a folder of its own; put what it leads to there"
                    )
                found[path.relative_to(folder).as_posix()] = path.stat().st_size
    return dict(sorted(found.items()))


def _raise(error: OSError) -> None:
    raise error


def known_sums(folder: Path) -> dict[str, FileSum]:
    """What the list and the manifest of a prepared folder say of its files.

    Raises:
        PreparationError: One of the two is unreadable.
    """
    manifest, contents = Manifest.read(folder), Contents.read(folder)
    return (manifest.files if manifest else {}) | (contents.files if contents else {})


def check(folder: Path, report: Report) -> Check:
    """Reads every file of a prepared folder and compares it with what its list or manifest says.

    Args:
        folder: Holds `public`, and `private` where answers may be.
        report: Told how far it is.

    Raises:
        PreparationError: List or manifest is unreadable, or there is something that cannot be checked.
    """
    contents, sums = Contents.read(folder), known_sums(folder)
    there = listing(folder, parts_in(folder))
    parts = tuple(contents.parts) if contents else PARTS
    found = Check(parts)
    expected = {name: s for name, s in sums.items() if name.split("/")[0] in parts}
    _look_for_missing(found, expected, there, listed=contents is not None)
    progress = Progress(stage="verify", total_files=len(there), total_bytes=sum(there.values()))
    for name, size in there.items():
        if name in expected and name not in found.differing:
            _compare(found, folder, name, size, expected[name], report, progress)
        progress.files += 1
    return found


def _look_for_missing(found: Check, expected: Mapping[str, FileSum], there: Collection[str], *, listed: bool) -> None:
    found.differing |= {name: "is missing" for name in expected if name not in there}
    unknown = [name for name in there if name not in expected]
    if listed:
        found.differing |= dict.fromkeys(unknown, f"is not in {NAME}")
    else:
        found.without_sum = unknown


def _compare(
    found: Check, folder: Path, name: str, size: int, expected: FileSum, report: Report, progress: Progress
) -> None:
    done = progress.bytes
    if size != expected.bytes:
        found.differing[name] = f"has {size:,} bytes instead of {expected.bytes:,}"
    elif (sum_now := md5(folder / name, lambda p: report(_within(progress, done + p.bytes)))) != expected.md5:
        found.differing[name] = f"has the MD5 {sum_now} instead of {expected.md5}"
    else:
        found.checked += 1
        found.bytes += size
    progress.bytes = done + size


def _within(progress: Progress, done: int) -> Progress:
    return progress.model_copy(update={"bytes": done})


def record(folder: Path, report: Report) -> Check:
    """Writes the list of a folder that has none, if what its manifest knows is right; else as `check`.

    Raises:
        PreparationError: As `check`, or the list cannot be written.
    """
    found = check(folder, report)
    if found.differing or not found.without_sum:
        return found
    parts = parts_in(folder)
    sums = {name: FileSum(bytes=size, md5=md5(folder / name, report)) for name, size in listing(folder, parts).items()}
    try:
        Contents(parts=parts, files=sums).write(folder)
    except OSError as ex:
        raise PreparationError(f"{folder / NAME} cannot be written: {ex.strerror}") from None
    return Check(tuple(parts), len(sums), sum(s.bytes for s in sums.values()))

"""`manifest.json` beside `public` and `private`: how prepared data came to be, and whether it was verified.

No secret and no signed URL is ever written here, and agents never see it.
"""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from mlebench_inspect.data.errors import PreparationError
from mlebench_inspect.graders.report import DataKind
from mlebench_inspect.graders.submission import Revision

Kept = TypeVar("Kept", bound=BaseModel)
NAME = "manifest.json"
_LIBRARIES = ("mlebench-inspect", "numpy", "pandas", "pyarrow", "scikit-learn", "pillow", "py7zr")

Verified = Literal["published", "given", "differs", "no"]
"""`published`: has the published checksums; `given`: those that the user gave; `differs`: does not have them;
`no`: not checked, or nothing is published for this revision or kind of data."""


class FileSum(BaseModel):
    """Size and MD5 of a prepared file, and what is known about it beyond that."""

    bytes: int
    md5: str
    note: str | None = None


class Source(BaseModel):
    """Where raw data came from."""

    model_config = ConfigDict(extra="ignore")

    kind: Literal["kaggle", "zip", "folder", "store", "reference", "miniature", "held_back"]
    path: str | None = None
    listing: str | None = None
    """Digest of the names, sizes and times of the files in `path`."""
    zip_md5: str | None = None
    zip_bytes: int | None = None
    zip_verified: bool | None = None
    seconds: dict[str, float] = {}


class Manifest(BaseModel):
    """What is known about one prepared competition."""

    model_config = ConfigDict(extra="ignore")

    competition: str
    data: DataKind
    revision: Revision
    verified: Verified
    notes: list[str] = []
    source: Source
    recipe: str | None = None
    seed: int | None = None
    search_score: float | None = None
    files: dict[str, FileSum] = {}
    seconds: dict[str, float] = {}
    versions: dict[str, str] = {}
    created: str = ""

    def write(self, folder: Path) -> None:
        """Writes the manifest into the folder that holds `public` and `private`."""
        write_json(folder / NAME, self.model_dump(mode="json"))

    @classmethod
    def read(cls, folder: Path) -> Manifest | None:
        """The folder's manifest; None where there is none (data prepared by other means).

        Raises:
            PreparationError: There is one, but it is unreadable.
        """
        return read_json(cls, folder / NAME, "delete it and prepare again")


def read_json(kind: type[Kept], path: Path, mend: str) -> Kept | None:
    """What `write_json` wrote, checked; None where there is no such file.

    Args:
        kind: What it is.
        path: The file.
        mend: What to do about one that is damaged, for the message.

    Raises:
        PreparationError: There is one, but it is unreadable.
    """
    try:
        return kind.model_validate_json(path.read_bytes())
    except FileNotFoundError:
        return None
    except (ValidationError, OSError) as ex:
        why = ex.strerror if isinstance(ex, OSError) else f"{ex.error_count()} faults in it"
        raise PreparationError(f"{path} is unreadable ({why}); {mend}") from None


def write_json(path: Path, value: Any) -> None:
    """Writes a JSON file so that no reader sees half of it."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    temporary.write_text(json.dumps(value, indent=2) + "\n", encoding="utf-8")
    temporary.replace(path)


def versions() -> dict[str, str]:
    """Versions of the libraries that prepared bytes depend on."""
    import platform

    found = {"python": platform.python_version()}
    for name in _LIBRARIES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def now() -> str:
    """The time in UTC, to the second."""
    return datetime.now(UTC).isoformat(timespec="seconds")

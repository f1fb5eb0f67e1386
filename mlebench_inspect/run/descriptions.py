"""Descriptions that do not tell which competition it is, as files for a sandbox in place of the public one."""

from __future__ import annotations

import hashlib
import os
import tempfile
from pathlib import Path
from typing import Literal

from platformdirs import user_cache_dir

from mlebench_inspect.graders.submission import Revision
from mlebench_inspect.run.preflight import PreflightError
from mlebench_inspect.tasks import Competition

Wording = Literal["original", "obfuscated"]


def description_file(found: Competition, revision: Revision, wording: Wording | None) -> Path | None:
    """What takes the place of the description in the public data; None where that stays.

    Raises:
        PreflightError: See `obfuscated_file`.
    """
    return obfuscated_file(found, revision) if wording == "obfuscated" else None


def obfuscated_file(found: Competition, revision: Revision) -> Path:
    """The obfuscated description as a file, whose name and folder do not tell the competition either.

    Raises:
        PreflightError: The competition has none, or the file cannot be written.
    """
    try:
        text = found.description(revision, obfuscated=True).encode()
    except FileNotFoundError as ex:
        raise PreflightError(
            f"-T description=obfuscated: {found.id} has no such description; write {ex.filename}"
        ) from ex
    folder = Path(user_cache_dir("mlebench-inspect")) / "descriptions"
    path = folder / f"{hashlib.sha256(text).hexdigest()[:24]}.md"
    try:
        if not path.is_file() or path.read_bytes() != text:
            folder.mkdir(parents=True, exist_ok=True)
            with tempfile.NamedTemporaryFile(dir=folder, delete=False) as aside:
                aside.write(text)
            os.chmod(aside.name, 0o644)  # the sandbox's user is another
            os.replace(aside.name, path)
    except OSError as ex:
        raise PreflightError(f"-T description=obfuscated: {path} cannot be written: {ex.strerror}") from ex
    return path

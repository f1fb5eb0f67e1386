"""What is kept of a sample beside the log, so that it can be graded again without a sandbox."""

from __future__ import annotations

import gzip
import hashlib
import os
import shutil
from pathlib import Path
from typing import Any

from inspect_ai.solver import TaskState
from inspect_ai.util import StoreModel
from pydantic import Field

_BLOCK = 1 << 20


class SubmissionRecord(StoreModel):
    """What is known of a sample's submission, kept in its store."""

    handle: str = ""
    """Names the running sandbox from outside."""
    task: str = ""
    """Identifies the run, over all evaluations that it was taken up in."""
    log_folder: str = ""
    """Where the log was written, on the host that wrote it."""
    started: float = 0.0
    """Seconds since the epoch when the agent began."""
    seconds: int | None = None
    """How long it worked."""
    time_limit: float | None = None
    artifact: str | None = None
    """The kept file (gzip), relative to the log's folder."""
    sha256: str | None = None
    size: int | None = None
    problem: str | None = None
    """Why no file could be taken out."""
    exists: bool = False
    """Whether anything lay at the submission's path."""
    folders: dict[str, Any] = Field(default_factory=dict)
    """What was kept of the agent's folders for code and logs."""


def log_folder() -> Path:
    """Folder of the running evaluation's log; `./logs` where the log is not on this host."""
    from inspect_ai.log._samples import sample_active

    active = sample_active()
    location = active.log_location if active else ""
    if location.startswith("file://"):
        location = location.removeprefix("file://")
    if not location or "://" in location:
        return Path(os.environ.get("INSPECT_LOG_DIR", "logs")) if "://" not in location else Path("logs")
    return Path(location).parent


def evaluation_id() -> str:
    """Identifies the running evaluation; the same for all its samples."""
    from inspect_ai.log._samples import sample_active

    active = sample_active()
    return active.eval_id if active else "unknown"


def sample_folder(state: TaskState) -> Path:
    """Folder for one sample's artefacts, relative to the log's folder."""
    return Path("artifacts", evaluation_id(), f"{state.sample_id}_{state.epoch}")


def find_kept(record: SubmissionRecord, artifact: str | None = None) -> Path | None:
    """A kept file (the submission unless told otherwise): in the log folder of this run, or where it was written."""
    artifact = artifact or record.artifact
    folders = [log_folder(), Path(record.log_folder)]
    return next((f / artifact for f in folders if artifact and (f / artifact).is_file()), None)


def keep(file: Path, folder: Path, name: str) -> Path:
    """Compresses `file` to `folder/name.gz`, aside first and then renamed; returns the path."""
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / f"{name}.gz"
    aside = target.with_suffix(f".{os.getpid()}.part")
    with open(file, "rb") as source, gzip.GzipFile(aside, "wb", compresslevel=1, mtime=0) as out:
        shutil.copyfileobj(source, out, _BLOCK)
    os.replace(aside, target)
    return target


def restore(artifact: Path, file: Path) -> None:
    """Uncompresses a kept file to `file`."""
    with gzip.open(artifact, "rb") as source, open(file, "xb") as out:
        shutil.copyfileobj(source, out, _BLOCK)


def sha256(file: Path) -> str:
    """SHA-256 of a file, as hex digits."""
    with open(file, "rb") as source:
        return hashlib.file_digest(source, "sha256").hexdigest()

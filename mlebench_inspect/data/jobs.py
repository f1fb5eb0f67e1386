"""What a worker process is asked to do, and what it tells on the way."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Literal

from pydantic import BaseModel

from mlebench_inspect.data.manifest import Verified
from mlebench_inspect.data.store import Store
from mlebench_inspect.graders.report import DataKind
from mlebench_inspect.graders.submission import Revision
from mlebench_inspect.tasks import Checksums

Stage = Literal["waiting", "download", "check", "unpack", "prepare", "verify", "copy"]


class Job(BaseModel):
    """One competition to prepare, or to make miniature data of."""

    competition: str
    data_dir: Path
    data: DataKind = "real"
    revision: Revision = "v1"
    raw: Path | None = None
    link_raw: bool = False
    keep_raw: bool = True
    verify: bool = True
    checksums: Checksums | None = None
    seed: int = 0
    raw_only: bool = False
    search_score: float | None = None
    into: Path | None = None
    """Copy what is prepared into this data folder, instead of preparing it."""
    public_only: bool = False
    folder: Path | None = None
    """Of a competition that is not of this package."""

    @property
    def store(self) -> Store:
        """The store that the job works on."""
        return Store(self.data_dir, self.data, self.revision, self.search_score)


class Outcome(BaseModel):
    """What came of a job."""

    competition: str
    state: Literal["prepared", "already", "raw", "copied", "there", "whole"]
    verified: Verified = "no"
    notes: list[str] = []
    seconds: float = 0.0


class Progress(BaseModel):
    """How far a job is: bytes and files done and in all (0: unknown)."""

    stage: Stage
    bytes: int = 0
    total_bytes: int = 0
    files: int = 0
    total_files: int = 0
    note: str = ""


Report = Callable[[Progress], None]


def ignore(progress: Progress) -> None:
    """A report to nobody."""

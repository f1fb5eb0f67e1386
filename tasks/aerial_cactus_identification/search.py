"""The images in a folder of the archive, as in Kaggle's."""

from __future__ import annotations

from pathlib import Path
from zipfile import ZipFile

from mlebench_inspect.graders.submission import Revision
from mlebench_inspect.tasks.preparing import rezip


def make_raw(public: Path, raw: Path, revision: Revision) -> None:
    """The public archive has them at its root."""
    with ZipFile(public / "train.zip") as archive:
        names = archive.namelist()
    rezip(public / "train.zip", raw / "train.zip", ((n, f"train/{n}") for n in names), len(names))

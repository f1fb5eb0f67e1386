"""The records in folders of their archives, as in Kaggle's."""

from __future__ import annotations

from pathlib import Path

from mlebench_inspect.graders.submission import Revision
from mlebench_inspect.tasks.preparing import extract_7z, write_7z


def make_raw(public: Path, raw: Path, revision: Revision) -> None:
    """The public archives have them at their roots."""
    for name in ("train.json", "test.json"):
        extract_7z(public / f"{name}.7z", raw, [name])
        write_7z(raw / f"{name}.7z", [(f"data/processed/{name}", raw / name)])
        (raw / name).unlink()

"""The sample submission as agents have it. It is all that their check knows of a competition."""

from __future__ import annotations

import tempfile
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mlebench_inspect.graders.reading import read_table
from mlebench_inspect.tasks.preparing import extract_7z, visible

if TYPE_CHECKING:
    import pandas as pd


def read_sample(path: Path, options: dict[str, Any]) -> pd.DataFrame:
    """A table, as it is or as the only member of an archive.

    Args:
        path: `.csv`, `.zip` or `.7z`.
        options: For `pandas.read_csv`.

    Raises:
        ValueError: The archive has another number of members than one.
    """
    if path.suffix == ".zip":
        with zipfile.ZipFile(path) as packed, packed.open(_only(packed.namelist(), path)) as member:
            return read_table(member, **options)
    if path.suffix == ".7z":
        with tempfile.TemporaryDirectory() as folder:
            extract_7z(path, Path(folder))
            names = [str(f.relative_to(folder)) for f in Path(folder).rglob("*") if f.is_file()]
            return read_table(Path(folder, _only(names, path)), **options)
    return read_table(path, **options)


def _only(names: list[str], archive: Path) -> str:
    found = visible(names)
    if len(found) != 1:
        raise ValueError(f"{archive.name} holds {len(found)} files, not one")
    return found[0]

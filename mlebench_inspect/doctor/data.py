"""Kaggle credentials, the data folder and its disk."""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Iterator
from pathlib import Path

from mlebench_inspect.data.credentials import SETTINGS_PAGE, credentials_found, require_config_folder
from mlebench_inspect.data.errors import PreparationError
from mlebench_inspect.doctor.finding import Finding


def examine_credentials() -> Finding:
    try:
        found = credentials_found()
        if found is None:
            return Finding("kaggle", "note", f"no credentials; make a token at {SETTINGS_PAGE} to download data")
        require_config_folder()
    except PreparationError as ex:
        return Finding("kaggle", "note", str(ex))
    return Finding("kaggle", "ok", f"credentials by {found} (not tried)")


def examine_data(data_dir: Path) -> Iterator[Finding]:
    existing = _nearest(data_dir)
    free = shutil.disk_usage(existing).free / 1e9
    yield Finding("disk", "ok" if free > 50 else "note", f"{free:.0f} GB free for {data_dir}")
    elsewhere = "choose another by MLEBENCH_DATA_DIR or --data-dir"
    if not existing.is_dir():
        yield Finding("data", "missing", f"{existing} is not a folder; {elsewhere}")
    elif not os.access(existing, os.R_OK | os.X_OK):
        yield Finding("data", "missing", f"{existing} cannot be read; chmod or chown it, or {elsewhere}")
    elif not _can_be_made(data_dir):
        yield Finding("data", "note", f"{existing} cannot be written, so nothing can be prepared; {elsewhere}")
    else:
        yield Finding("data", "ok", str(data_dir) if data_dir.is_dir() else f"{data_dir} is made when data is prepared")
    exposed = _exposed(data_dir)
    if exposed:
        mend = f"run: chmod o-rwx {data_dir}/*/prepared*/private"
        yield Finding("answers", "note", f"other users can read those of {len(exposed)} competitions; {mend}")


def _nearest(path: Path) -> Path:
    """The path, or the nearest folder above it that can be seen."""
    return next(p for p in (path, *path.parents) if os.path.lexists(p) or p == p.parent)


def _can_be_made(folder: Path) -> bool:
    existing = _nearest(folder)
    return existing.is_dir() and os.access(existing, os.W_OK | os.X_OK)


def _exposed(data_dir: Path) -> list[Path]:
    """Folders of answers that users other than the owner and the group can list or enter."""
    if not os.access(data_dir, os.R_OK | os.X_OK):
        return []
    found = []
    for private in data_dir.glob("*/prepared*/private"):
        real = private.resolve()
        entered = all(_others(folder) & stat.S_IXOTH for folder in real.parents)
        if entered and _others(real) & (stat.S_IROTH | stat.S_IXOTH):
            found.append(private)
    return found


def _others(folder: Path) -> int:
    return folder.stat().st_mode & stat.S_IRWXO

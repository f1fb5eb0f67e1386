"""A stand-in for the program restic, as far as checkpoints ask for it: it copies folders, and encrypts nothing.

The real program of the version that Inspect wants comes from the network alone. `put_restic` puts this in its place.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
import time
import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

HOLD = "hold"
"""A file in the cache folder: while it is there, a backup that is made does not end, and says so by `hold.held`."""


def put_restic(cache: Path) -> None:
    """Puts the stand-in where Inspect looks for restic, below the user's cache folder `cache` (XDG_CACHE_HOME)."""
    from inspect_ai.util._restic.resolver import _binary_filename, _current_platform, _version

    file = cache / "inspect_ai" / "bin" / _binary_filename(_version(), _current_platform())
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(f'#!/bin/sh\nexec "{sys.executable}" -S "{Path(__file__).resolve()}" "{cache / HOLD}" "$@"\n')
    file.chmod(0o755)


def main(arguments: list[str]) -> None:
    hold, repository, command, rest = arguments[0], Path(arguments[2]), arguments[3], arguments[4:]
    assert os.environ["RESTIC_PASSWORD"]
    known: dict[str, Callable[[Path, list[str]], None]] = {
        "init": init,
        "backup": backup,
        "ls": ls,
        "restore": restore,
        "snapshots": snapshots,
        "forget": forget,
    }
    if command in known:
        known[command](repository, rest)
    while command == "backup" and os.path.exists(hold):  # until somebody kills it
        Path(f"{hold}.held").touch()
        time.sleep(0.1)


def init(repository: Path, rest: list[str]) -> None:
    (repository / "snapshots").mkdir(parents=True)
    (repository / "config").write_text("{}")


def backup(repository: Path, rest: list[str]) -> None:
    source, tag, began = rest[0], rest[rest.index("--tag") + 1], datetime.now(UTC).isoformat()
    number = uuid.uuid4().hex * 2
    shutil.copytree(source, repository / "data" / number)
    sizes = [f.stat().st_size for f in (repository / "data" / number).rglob("*") if f.is_file()]
    about = {"id": number, "paths": [source], "tags": [tag], "time": began}
    (repository / "snapshots" / f"{number}.part").write_text(json.dumps(about))
    os.replace(repository / "snapshots" / f"{number}.part", repository / "snapshots" / f"{number}.json")
    counts = ["files_new", "files_changed", "files_unmodified", "dirs_new", "dirs_changed", "dirs_unmodified"]
    counts += ["data_blobs", "tree_blobs", "data_added", "data_added_packed", "total_files_processed"]
    told = {"message_type": "summary", **dict.fromkeys(counts, 0), "total_bytes_processed": sum(sizes)}
    told |= {"backup_start": began, "backup_end": began, "total_duration": 0.1, "snapshot_id": number}
    print(json.dumps(told))


def all_of(repository: Path) -> list[dict[str, Any]]:
    found = [json.loads(f.read_text()) for f in (repository / "snapshots").glob("*.json")]
    return sorted(found, key=lambda s: str(s["time"]))


def snapshots(repository: Path, rest: list[str]) -> None:
    print(json.dumps(all_of(repository)))


def forget(repository: Path, rest: list[str]) -> None:
    for number in rest:
        (repository / "snapshots" / f"{number}.json").unlink()


def ls(repository: Path, rest: list[str]) -> None:
    latest = all_of(repository)[-1]
    print(json.dumps({"message_type": "snapshot", **latest}))
    source, kept = Path(latest["paths"][0]), repository / "data" / latest["id"]
    for folder in [*reversed(source.parents[:-1]), source]:
        print(json.dumps({"message_type": "node", "type": "dir", "path": str(folder)}))
    for path in kept.rglob("*"):
        node = {"message_type": "node", "type": "dir" if path.is_dir() else "file", "size": path.stat().st_size}
        print(json.dumps({**node, "path": str(source / path.relative_to(kept))}))


def restore(repository: Path, rest: list[str]) -> None:
    number = rest[0].partition(":")[0]
    shutil.copytree(repository / "data" / number, rest[rest.index("--target") + 1], dirs_exist_ok=True)


if __name__ == "__main__":
    main(sys.argv[1:])

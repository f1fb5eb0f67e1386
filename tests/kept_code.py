"""Logs with code kept beside them, written without running anything."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from inspect_ai.log import read_eval_log, write_eval_log

from logs import write_log

Files = Mapping[str, str | bytes]


def archive(file: Path, files: Files, extra: list[tarfile.TarInfo] | None = None) -> Path:
    """A tar.gz of these files, and of members that are no files."""
    file.parent.mkdir(parents=True, exist_ok=True)
    with tarfile.open(file, "w:gz") as tar:
        for member in extra or []:
            tar.addfile(member)
        for name, text in files.items():
            content = text.encode() if isinstance(text, str) else text
            info = tarfile.TarInfo(name)
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
    return file


def log_with_code(folder: Path, code: Mapping[str, Mapping[int, Files | dict[str, Any]]], **options: Any) -> str:
    """A log of these competitions and seeds, with the files of each; `artifact` or `problem` is noted as it is."""
    location = write_log(folder, {name: "g" * max(seeds) for name, seeds in code.items()}, **options)
    log = read_eval_log(location)
    for sample in log.samples or []:
        files: Any = code[str(sample.id)].get(sample.epoch)
        if files is None:
            continue
        about = files
        if not {"artifact", "problem"} & files.keys():
            name = f"artifacts/e/{sample.id}_{sample.epoch}/code.tar.gz"
            archive(folder / name, files)
            about = {"artifact": name, "complete": True}
        sample.store = {"SubmissionRecord:folders": {"code": about}}
    write_eval_log(log, location)
    return location

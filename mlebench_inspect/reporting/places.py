"""Where logs are read from and reports are written to: this host, or whatever else Inspect reads and writes."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterable
from pathlib import Path

from mlebench_inspect._inspect import filesystem
from mlebench_inspect.reporting.records import ReportingError
from mlebench_inspect.run.artifacts import Archive
from mlebench_inspect.sandboxes.host import HostError

_LOGS = (".eval", ".json")


def find_logs(places: Iterable[str | Path]) -> list[str]:
    """The names of all files that may be logs, in the folders and files `places`; each of them once.

    Raises:
        ReportingError: There is no such place, or it cannot be reached.
    """
    from inspect_ai.log import list_eval_logs

    found: dict[str, None] = {}
    for place in places:
        name = local(str(place))
        try:
            if not filesystem(name).exists(name):
                raise ReportingError(f"{place}: no such log or folder")
            is_file = name.endswith(_LOGS) if "://" in name else Path(name).is_file()
            listed = [name] if is_file else [local(i.name) for i in list_eval_logs(name)]
        except ReportingError:
            raise
        except Exception as ex:  # whatever a cloud's client raises
            raise ReportingError(f"{place}: cannot be reached: {first_line(ex)}") from ex
        found |= dict.fromkeys(sorted(listed))
    return list(found)


def local(place: str) -> str:
    """A place of this host as an absolute path, so that one file has one name; other places as they are."""
    place = place.removeprefix("file://")
    return place.rstrip("/") if "://" in place else str(Path(place).absolute())


def first_line(ex: BaseException) -> str:
    """An exception in one line."""
    lines = str(ex).strip().splitlines()
    return lines[0] if lines else type(ex).__name__


def write_bytes(place: str | Path, content: bytes) -> None:
    """Writes a file; nobody ever sees half of it.

    Args:
        place: A path, or a URL such as `s3://bucket/report.html`.
        content: What it holds.

    Raises:
        ReportingError: It cannot be written.
    """
    with tempfile.TemporaryDirectory(prefix="mlebench-") as folder:
        file = Path(folder) / "content"
        file.write_bytes(content)
        write_file(place, file)


def write_file(place: str | Path, file: Path) -> None:
    """Writes what a file of this host holds; nobody ever sees half of it. `file` may be gone afterwards.

    A link is followed. A device or a pipe is written to, not replaced.

    Args:
        place: A path, or a URL such as `s3://bucket/report.html`.
        file: What to write.

    Raises:
        ReportingError: It cannot be written.
    """
    name = local(str(place))
    try:
        if "://" not in name:
            target = Path(name).resolve()
            if target.is_dir():
                raise ReportingError(f"{place} cannot be written: it is a folder; name a file in it")
            if target.exists() and not target.is_file():
                with open(file, "rb") as source, open(target, "wb") as out:
                    shutil.copyfileobj(source, out)
                return
            name = str(target)
        Archive.of_log(name).put(file, name)
    except HostError as ex:
        raise ReportingError(f"{place} cannot be written: {first_line(ex.__cause__ or ex)}") from ex
    except OSError as ex:
        raise ReportingError(f"{place} cannot be written: {ex.strerror or ex}") from ex


def write_text(place: str | Path, text: str) -> None:
    """Writes a text file in UTF-8; nobody ever sees half of it. What UTF-8 cannot hold is written as its number.

    Args:
        place: A path, or a URL such as `s3://bucket/report.html`.
        text: Its content, without the last line's end.

    Raises:
        ReportingError: It cannot be written.
    """
    write_bytes(place, f"{text}\n".encode(errors="backslashreplace"))

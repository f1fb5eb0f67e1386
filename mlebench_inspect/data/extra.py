"""Files outside Kaggle that a few preparations need; put into the raw folder, by us or by the user."""

from __future__ import annotations

import time
from pathlib import Path
from urllib.parse import unquote, urlsplit

from mlebench_inspect.data.archives import damage
from mlebench_inspect.data.errors import KaggleError, PreparationError, is_disk_full, redact
from mlebench_inspect.data.jobs import Progress, Report
from mlebench_inspect.tasks import ExtraDownload

_ATTEMPTS, _TIMEOUT = 5, (15, 60)


def file_name(extra: ExtraDownload) -> str:
    """The file's name in the raw folder: the last part of the URL's path."""
    return unquote(urlsplit(extra.url).path.rsplit("/", 1)[-1])


def is_there(extra: ExtraDownload, raw: Path) -> bool:
    """Whether the file, or what it contains, lies in the raw folder."""
    return (raw / file_name(extra)).is_file() or (raw / extra.contains).is_file()


def download(extra: ExtraDownload, raw: Path, scratch: Path, competition_id: str, report: Report) -> None:
    """Downloads the file into the raw folder.

    Args:
        extra: The file.
        raw: The raw folder, which never holds a part of it.
        scratch: Folder on the same file system for the partial file.
        competition_id: For messages.
        report: Told how far it is.

    Raises:
        PreparationError: It cannot be got; the message says where to put it by hand.
    """
    import requests

    target = raw / file_name(extra)
    scratch.mkdir(parents=True, exist_ok=True)
    partial = scratch / target.name
    for attempt in range(1, _ATTEMPTS + 1):
        try:
            with requests.get(extra.url, stream=True, timeout=_TIMEOUT) as response:
                response.raise_for_status()
                total, done = int(response.headers.get("Content-Length") or 0), 0
                with open(partial, "wb") as file:
                    for chunk in response.iter_content(1 << 18):
                        file.write(chunk)
                        done += len(chunk)
                        report(Progress(stage="download", bytes=done, total_bytes=total, note=target.name))
            if target.suffix == ".zip" and (broken := damage(partial)):
                raise KaggleError(f"damaged: {broken}")
            partial.replace(target)
            return
        except (requests.RequestException, KaggleError, OSError) as ex:
            partial.unlink(missing_ok=True)
            if is_disk_full(ex):
                raise
            if attempt == _ATTEMPTS:
                raise PreparationError(
                    f"{competition_id}: {target.name}, which is not on Kaggle, could not be downloaded "
                    f"({redact(str(ex))[:200]}); get it from {extra.url} and put it into {raw}"
                ) from None
            time.sleep(2.0**attempt)

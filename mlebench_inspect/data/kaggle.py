"""Downloads through Kaggle's official client.

The client is imported here alone, and only when something is downloaded. What it lacks is added: time-outs, going on
after interruptions with a fresh signed URL, waiting as long as the server asks, and messages that say which page to
open. Neither keys nor signed URLs get into errors or logs.
"""

from __future__ import annotations

import contextlib
import functools
import io
import itertools
import json
import logging
import os
import random
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any, TypeVar

from mlebench_inspect.data.credentials import (
    NO_CREDENTIALS,
    SETTINGS_PAGE,
    credentials_found,
    require_config_folder,
)
from mlebench_inspect.data.errors import (
    CredentialsError,
    DiskFullError,
    KaggleError,
    NotFoundError,
    RulesError,
    is_disk_full,
    redact,
)
from mlebench_inspect.data.jobs import Progress, Report, ignore
from mlebench_inspect.data.rules import Access, RulesCache, rules_message

T = TypeVar("T")
_CHUNK = 1 << 17  # bytes that an interruption loses at most
COMPLETE = "complete.zip"
_SIDECAR = ".kaggle-partial"  # the client's note beside a partial download, without which it does not resume
_IMPORTING = threading.Lock()
_TIMEOUTS: list[float] = []  # of the patched client: connect, read


def data_page(slug: str) -> str:
    """Where a competition's zip is downloaded by hand."""
    return f"https://www.kaggle.com/competitions/{slug}/data"


def _number(variable: str, default: float, what: str) -> float:
    try:
        return float(os.environ.get(variable, default))
    except ValueError:
        raise KaggleError(f"{variable} must be {what}, not {os.environ[variable]!r}") from None


@dataclass(frozen=True)
class Patience:
    """How long to wait for Kaggle.

    Args:
        connect: Seconds until a connection stands.
        read: Seconds without a byte after which a connection counts as dead.
        attempts: Failures in a row without a new byte before giving up.
        delay: Seconds before the second attempt; doubled each time.
        longest: Longest wait in seconds; if Kaggle asks for more, giving up with the time to come back.
    """

    connect: float = 15
    read: float = 120
    attempts: int = 6
    delay: float = 1.0
    longest: float = 900

    @classmethod
    def from_environment(cls) -> Patience:
        """The defaults, but for `MLEBENCH_KAGGLE_TIMEOUT` (`read`, seconds) and `MLEBENCH_KAGGLE_ATTEMPTS`."""
        read = _number("MLEBENCH_KAGGLE_TIMEOUT", cls.read, "a number of seconds")
        return cls(read=read, attempts=int(_number("MLEBENCH_KAGGLE_ATTEMPTS", cls.attempts, "a number")))


class Kaggle:
    """The signed-in client.

    Raises:
        CredentialsError: There are no credentials, or Kaggle refuses them.
    """

    def __init__(self, patience: Patience | None = None) -> None:
        self.patience = patience or Patience.from_environment()
        self.api, self.credentials = self._signed_in()

    @property
    def user(self) -> str:
        """The signed-in user's name."""
        return str(self.api.config_values.get("username") or "")

    def download(self, slug: str, folder: Path, report: Report = ignore) -> Path:
        """Downloads a competition's zip, going on where an earlier call was interrupted.

        Args:
            slug: Kaggle's name of the competition.
            folder: Folder for the partial and the complete zip, used for nothing else.
            report: Told how far it is.

        Returns:
            The complete zip, of the size that Kaggle announced; its contents are not checked.

        Raises:
            KaggleError: Kaggle refuses, or cannot be reached; a partial download stays for the next call.
            DiskFullError: The file system is full; likewise.
        """
        folder.mkdir(parents=True, exist_ok=True)
        complete = folder / COMPLETE
        if complete.is_file():
            return complete
        losses = _Losses(folder, self.patience.attempts)
        with _watching(folder, report):
            while True:
                try:
                    self.api.competition_download_files(slug, path=str(folder), force=False, quiet=True)
                    break
                except Exception as ex:
                    wait = self._wait_after(ex, slug, folder, losses.count())
                report(
                    Progress(
                        stage="download", bytes=partial_bytes(folder), note=f"interrupted, going on in {wait:.0f} s"
                    )
                )
                time.sleep(wait)
        found = [p for p in folder.iterdir() if p.is_file() and not p.name.endswith(_SIDECAR)]
        if len(found) != 1:
            raise KaggleError(
                f"{slug}: Kaggle's client left {len(found)} files in {folder}, not one; delete the folder"
            )
        announced = _announced(found[0])
        if announced is not None and found[0].stat().st_size != announced:
            discard(folder)
            raise KaggleError(f"{slug}: the download has not the size that Kaggle announced; run the command again")
        found[0].replace(complete)
        _sidecar(found[0]).unlink(missing_ok=True)
        return complete

    def access(self, slug: str) -> Access:
        """Asks for the download and reads the answer's head only: rules accepted, and the size of the zip."""
        from kagglesdk.competitions.types.competition_api_service import ApiDownloadDataFilesRequest

        try:
            with self.api.build_kaggle_client() as client:
                request = ApiDownloadDataFilesRequest()
                request.competition_name = slug
                response = client.competitions.competition_api_client.download_data_files(request)
                size = response.headers.get("Content-Length")
                response.close()
        except Exception as ex:
            status = _status(ex)
            if status == 403 and "accept" in str(ex).lower():
                return Access(False)
            if status == 401:
                raise self._refused() from None
            if status == 404:
                return Access(None, note="Kaggle does not know it")
            return Access(None, note=self._clean(ex))
        return Access(True, int(size) if size else None)

    def ask(self, about: str, call: Callable[[Any], T]) -> T:
        """What `call`, given the API's client, returns; again where that may help.

        Args:
            about: What is asked for, in messages.
            call: One short call, no download.

        Raises:
            KaggleError: Kaggle refuses, or cannot be reached.
        """
        for failures in itertools.count(1):
            try:
                with self.api.build_kaggle_client() as client:
                    return call(client)
            except Exception as ex:
                wait = self._wait_to_ask(ex, about, failures)
            time.sleep(wait)
        raise AssertionError("it is asked until it is answered or refused")

    def _wait_to_ask(self, ex: Exception, about: str, failures: int) -> float:
        status = _status(ex)
        if status == 401:
            raise self._refused() from None
        if status == 404:
            raise NotFoundError(f"{about}: Kaggle does not know it ({self._clean(ex)})") from None
        wait = (_retry_after(ex) if status in (429, 503) else None) or min(self.patience.delay * 2**failures, 60.0)
        if not _may_heal(ex) or failures >= self.patience.attempts or wait > self.patience.longest:
            raise KaggleError(f"{about}: cannot be had from Kaggle ({self._clean(ex)})") from None
        return wait

    def _wait_after(self, ex: Exception, slug: str, folder: Path, failures: int) -> float:
        """Seconds to wait before the next attempt.

        Raises:
            KaggleError: Another attempt is of no use.
        """
        status = _status(ex)
        if is_disk_full(ex):
            raise DiskFullError(
                f"{slug}: no space left in {folder.parent}; {_so_far(folder)}; free some space, then run the same "
                "command to go on"
            ) from None
        if status is not None and _is_api(ex):
            self._refuse(status, ex, slug)
        if status is None and not _may_heal(ex):
            raise KaggleError(f"{slug}: the download fails ({self._clean(ex)}); {_so_far(folder)}") from None
        wanted = _retry_after(ex) if status in (429, 503) else None
        if wanted is not None and wanted > self.patience.longest:
            raise KaggleError(
                f"{slug}: Kaggle limits the rate of requests and asks to come back in {wanted / 60:.0f} minutes; "
                f"{_so_far(folder)}; run the same command then"
            ) from None
        if isinstance(ex, ValueError) and "size" in str(ex):  # more bytes than announced: of no use
            discard(folder)
        if failures >= self.patience.attempts:
            raise KaggleError(
                f"{slug}: the download was interrupted {failures} times in a row without a new byte "
                f"({self._clean(ex)}); {_so_far(folder)}; run the same command to go on"
            ) from None
        if wanted is not None:
            return wanted
        delay: float = min(self.patience.delay * 2**failures, 60.0, self.patience.longest)
        return delay * random.uniform(0.75, 1.25)

    def _refuse(self, status: int, ex: Exception, slug: str) -> None:
        if status == 401:
            raise self._refused() from None
        if status == 403:
            RulesCache(self.user).drop(slug)
        if status == 403 and "accept" in str(ex).lower():
            raise RulesError(rules_message(slug)) from None
        if status == 403:
            raise RulesError(
                f"{slug}: Kaggle refuses the download ({self._clean(ex)}); look at {data_page(slug)} whether your "
                f"account may download it there; a zip of your own works too: mlebench-inspect prepare {slug} --raw ZIP"
            ) from None
        if status == 404:
            raise NotFoundError(
                f"{slug}: Kaggle does not know this competition or its data any more ({self._clean(ex)}); look at "
                f"{data_page(slug)}; a zip of your own works too: mlebench-inspect prepare {slug} --raw ZIP"
            ) from None
        if status < 500 and status not in (408, 425, 429):
            raise KaggleError(f"{slug}: Kaggle answers with status {status}: {self._clean(ex)}") from None

    def _refused(self) -> CredentialsError:
        return CredentialsError(
            f"Kaggle refuses the credentials ({self.credentials}); make new ones on {SETTINGS_PAGE} (API, Create new "
            "token) and put them in the same place"
        )

    def _clean(self, ex: BaseException) -> str:
        values = self.api.config_values
        text = redact(str(ex), tuple(str(values.get(k) or "") for k in ("key", "token", "api_token")))
        return " ".join(f"{type(ex).__name__}: {text}".split())[:300]

    def _signed_in(self) -> tuple[Any, str]:
        failures = 0
        while True:
            try:
                with _IMPORTING:
                    return self._sign_in()
            except CredentialsError:
                raise
            except Exception as ex:
                failures += 1
                reason = " ".join(redact(str(ex)).split())[:300]
                if not _may_heal(ex):
                    raise KaggleError(f"Kaggle's client cannot sign in: {type(ex).__name__}: {reason}") from None
                if failures > self.patience.attempts:
                    raise KaggleError(f"Kaggle cannot be reached to check the credentials: {reason}") from None
                time.sleep(min(self.patience.delay * 2**failures, 60.0))

    def _sign_in(self) -> tuple[Any, str]:
        where = credentials_found()
        if where is None:
            raise CredentialsError(NO_CREDENTIALS)
        require_config_folder()
        _quiet_logs()
        with contextlib.redirect_stdout(io.StringIO()):
            _set_timeouts(self.patience.connect, self.patience.read)
            import kaggle

            api = kaggle.api
            if not _is_signed_in(api):
                try:
                    api.authenticate()
                except SystemExit:
                    pass
                except Exception as ex:
                    if _status(ex) == 401:
                        raise CredentialsError(
                            f"Kaggle refuses the credentials ({where}); make new ones on {SETTINGS_PAGE}"
                        ) from None
                    raise
        if not _is_signed_in(api):
            raise CredentialsError(
                f"Kaggle's client does not accept the credentials ({where}): they are incomplete, expired or "
                f"withdrawn; make new ones on {SETTINGS_PAGE} (API, Create new token)"
            )
        timeout = (self.patience.connect, self.patience.read)
        whole = functools.partial(type(api).download_file, api)
        api.download_file = functools.partial(whole, max_retries=0, timeout=timeout, chunk_size=_CHUNK)
        return api, where


def partial_bytes(folder: Path) -> int:
    """Bytes of a download that are there already."""
    if not folder.is_dir():
        return 0
    return sum(p.stat().st_size for p in folder.iterdir() if p.is_file() and not p.name.endswith(_SIDECAR))


def discard(folder: Path) -> None:
    """Deletes a download, partial or complete."""
    for path in list(folder.iterdir()) if folder.is_dir() else []:
        path.unlink()


@contextlib.contextmanager
def _watching(folder: Path, report: Report) -> Iterator[None]:
    """Reports the growing file's size; the client itself is silent."""
    ended = threading.Event()

    def watch() -> None:
        while not ended.wait(0.5):
            with contextlib.suppress(OSError):
                files = [p for p in folder.iterdir() if not p.name.endswith(_SIDECAR)]
                total = next((t for t in map(_announced, files) if t is not None), 0)
                report(Progress(stage="download", bytes=partial_bytes(folder), total_bytes=total))

    report(Progress(stage="download", bytes=partial_bytes(folder)))
    thread = threading.Thread(target=watch, daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


class _Losses:
    """Counts the failures in a row without a new byte. Another file (Kaggle's, or the partial one) is a new beginning.

    Args:
        folder: Where the partial download lies.
        changes: Changes of the file that are accepted as such; a file that changes all the time is a failure, too.
    """

    def __init__(self, folder: Path, changes: int) -> None:
        self.folder, self.changes, self.failures = folder, changes, 0
        self.file, self.most = _identity(folder), partial_bytes(folder)

    def count(self) -> int:
        """Takes account of one more failure; returns how many there were in a row."""
        file, size = _identity(self.folder), partial_bytes(self.folder)
        if file != self.file and self.changes:
            self.changes, self.most, self.failures = self.changes - 1, size, 0
        elif size > self.most:
            self.most, self.failures = size, 0
        else:
            self.failures += 1
        self.file = file
        return self.failures


def _identity(folder: Path) -> list[tuple[int, str]]:
    """What tells a partial download from others: the file itself, and the client's note of Kaggle's entity tag."""
    found = []
    for path in folder.iterdir():
        if not path.name.endswith(_SIDECAR):
            note = _sidecar(path)
            found.append((path.stat().st_ino, note.read_text(errors="replace") if note.is_file() else ""))
    return sorted(found)


def _sidecar(path: Path) -> Path:
    return path.with_name(path.name + _SIDECAR)


def _announced(path: Path) -> int | None:
    try:
        size = json.loads(_sidecar(path).read_bytes()).get("size")
    except (OSError, ValueError):
        return None
    return int(size) if size else None


def _so_far(folder: Path) -> str:
    from mlebench_inspect.data.archives import human

    return f"{human(partial_bytes(folder))} are downloaded and kept"


def _status(ex: BaseException) -> int | None:
    response = getattr(ex, "response", None)
    if response is None:
        return None
    if response.status_code >= 400:
        return int(response.status_code)
    try:
        return int(response.json()["code"])
    except Exception:
        return None


def _may_heal(ex: BaseException) -> bool:
    """Whether asking again may help: faults of the network and of servers, not of this machine."""
    from http.client import HTTPException

    import requests
    import urllib3

    status = _status(ex)
    if status is not None:
        return status >= 500 or status in (408, 425, 429)
    if "CERTIFICATE_VERIFY_FAILED" in str(ex):
        return False
    if isinstance(ex, ValueError) and "expected size" in str(ex):  # the client's, of a short or long download
        return True
    lost = (requests.ConnectionError, requests.Timeout, requests.exceptions.ChunkedEncodingError)
    return isinstance(ex, (*lost, urllib3.exceptions.HTTPError, HTTPException, ConnectionError, TimeoutError))


def _is_api(ex: BaseException) -> bool:
    """Whether Kaggle itself answered, not the storage behind a signed URL (which may merely have expired)."""
    request = getattr(getattr(ex, "response", None), "request", None)
    return "CompetitionApiService" in str(getattr(request, "url", ""))


def _retry_after(ex: BaseException) -> float | None:
    value = getattr(ex, "response", None)
    text = value.headers.get("Retry-After") if value is not None else None
    if not text:
        return None
    try:
        return max(0.0, float(text))
    except ValueError:
        pass
    try:
        return max(0.0, parsedate_to_datetime(text).timestamp() - time.time())
    except (TypeError, ValueError):
        return None


def _is_signed_in(api: Any) -> bool:
    values = api.config_values
    return bool(values.get("token") or (values.get("username") and values.get("key")))


def _quiet_logs() -> None:
    """Request lines in debug logs would show signed URLs."""
    for name in ("urllib3", "requests", "kaggle", "kagglesdk"):
        logger = logging.getLogger(name)
        if logger.getEffectiveLevel() < logging.WARNING:
            logger.setLevel(logging.WARNING)


def _set_timeouts(connect: float, read: float) -> None:
    """Gives every request of the client a time-out; it sets none of its own."""
    from kagglesdk.kaggle_http_client import KaggleHttpClient

    first = not _TIMEOUTS
    _TIMEOUTS[:] = [connect, read]
    if not first:
        return
    original = KaggleHttpClient._init_session

    @functools.wraps(original)
    def init(self: Any) -> Any:
        new = self._session is None
        result = original(self)
        if new:
            send = self._session.send
            self._session.send = lambda request, **options: send(request, **{"timeout": tuple(_TIMEOUTS), **options})
        return result

    KaggleHttpClient._init_session = init

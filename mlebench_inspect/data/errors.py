"""What can go wrong on the way from Kaggle to prepared data.

    PreparationError            shown as one line; exit code 1 where it is the failure of one competition
    ├── NotPreparedError        data is missing; the message holds the command to type
    ├── DiskFullError           no space left on the file system of the data folder
    ├── ArchiveError            an archive is damaged or not the expected one
    ├── VerificationError       files differ from the published checksums
    ├── WorkerDiedError         a worker process ended without an answer (killed, out of memory)
    └── KaggleError             the download failed
        ├── CredentialsError    no Kaggle credentials, or they are refused
        ├── RulesError          the competition's rules are not accepted
        └── NotFoundError       Kaggle does not know the competition or its files

Errors travel from worker processes as (class name, message): see `as_event` and `from_event`.
"""

from __future__ import annotations

import errno
import re
from typing import Any

from mlebench_inspect.graders.errors import MlebenchError

_NO_SPACE = {errno.ENOSPC, errno.EDQUOT}


class PreparationError(MlebenchError, RuntimeError):
    """Data could not be got or prepared. The message says what is wrong and what to do."""


class NotPreparedError(PreparationError):
    """Competitions are not prepared."""


class DiskFullError(PreparationError):
    """The file system of the data folder is full."""


class ArchiveError(PreparationError):
    """An archive is damaged or not the expected one."""


class VerificationError(PreparationError):
    """Prepared files differ from the published ones."""


class WorkerDiedError(PreparationError):
    """A worker process ended without an answer."""


class KaggleError(PreparationError):
    """Kaggle could not be asked, or refused."""


class CredentialsError(KaggleError):
    """Kaggle credentials are missing or refused."""


class RulesError(KaggleError):
    """The competition's rules are not accepted."""


class NotFoundError(KaggleError):
    """Kaggle does not know the competition or its files."""


_CLASSES: dict[str, type[PreparationError]] = {
    c.__name__: c
    for c in (
        PreparationError,
        NotPreparedError,
        DiskFullError,
        ArchiveError,
        VerificationError,
        WorkerDiedError,
        KaggleError,
        CredentialsError,
        RulesError,
        NotFoundError,
    )
}

_QUERY = re.compile(r"(\bhttps?://[^\s?'\"<>]+|(?<![\w?])/[^\s?'\"<>]*)\?[^\s'\"<>)]*")
_AUTHORIZATION = re.compile(r"(?i)\b(authorization['\"]?\s*[:=]\s*['\"]?)?\b(basic|bearer)\s+[A-Za-z0-9+/=_.:~-]{6,}")


def redact(text: str, secrets: tuple[str, ...] = ()) -> str:
    """The text without secrets, query strings of URLs (where signatures stand) and authorization headers."""
    for secret in sorted({s for s in secrets if len(s) > 3}, key=len, reverse=True):
        text = text.replace(secret, "[redacted]")
    return _AUTHORIZATION.sub("[redacted]", _QUERY.sub(r"\1?[redacted]", text))


def is_disk_full(ex: BaseException | None) -> bool:
    """Whether the error, or one that caused it, says that no space is left."""
    while ex is not None:
        if isinstance(ex, OSError) and ex.errno in _NO_SPACE:
            return True
        ex = ex.__cause__ or ex.__context__
    return False


def as_event(ex: BaseException) -> dict[str, Any]:
    """The error as plain data, secrets removed."""
    name = type(ex).__name__ if isinstance(ex, PreparationError) else "PreparationError"
    return {"error": name, "message": redact(str(ex))}


def from_event(event: dict[str, Any]) -> PreparationError:
    """The error that `as_event` wrote down."""
    return _CLASSES.get(event["error"], PreparationError)(event["message"])

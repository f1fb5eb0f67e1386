"""Which Kaggle credentials would be used: found as Kaggle's client does, without importing it or asking a server."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

from mlebench_inspect.data.errors import CredentialsError

SETTINGS_PAGE = "https://www.kaggle.com/settings"
NO_CREDENTIALS = (
    f"no Kaggle credentials found; make an API token on {SETTINGS_PAGE} (API, Create new token) and set "
    "KAGGLE_API_TOKEN, or save it as ~/.kaggle/access_token (KAGGLE_USERNAME and KAGGLE_KEY, kaggle.json and "
    "`kaggle auth login` work too); zips that you have already: mlebench-inspect prepare ID --raw ZIP"
)
_ELSEWHERE = "or set KAGGLE_CONFIG_DIR to the folder of a right kaggle.json"


def credentials_found() -> str | None:
    """Which variable or file the client would take its credentials from; None where there are none.

    Files are looked into, so that what is found has the form of credentials; whether Kaggle accepts it is not asked.

    Raises:
        CredentialsError: There is nothing but files that are broken or cannot be read; the message names one.
    """
    found = _token()
    if found is not None:
        return found
    legacy = config_folder() / "kaggle.json"
    values, fault = _read(legacy) if os.path.lexists(legacy) else ({}, None)
    named = {k: os.environ.get(f"KAGGLE_{k.upper()}", values.get(k)) for k in ("username", "key")}
    if all(isinstance(v, str) and v for v in named.values()):
        in_file = any(f"KAGGLE_{k.upper()}" not in os.environ for k in named)
        return str(legacy) if in_file else "KAGGLE_USERNAME and KAGGLE_KEY"
    oauth = _home() / ".kaggle/credentials.json"
    if os.path.isfile(oauth) and _read(oauth)[0].get("refresh_token"):
        return str(oauth)
    if fault is None and os.path.lexists(legacy):
        fault = 'it must hold {"username": "...", "key": "..."}, which KAGGLE_USERNAME and KAGGLE_KEY overrule'
    if fault is not None:
        raise CredentialsError(f"{legacy}: {fault}; make a new one on {SETTINGS_PAGE}, {_ELSEWHERE}")
    return None


def config_folder() -> Path:
    """The folder of `kaggle.json` that the client would choose."""
    chosen = os.environ.get("KAGGLE_CONFIG_DIR")
    if chosen:
        return Path(chosen)
    folder = _home() / ".kaggle"
    if os.path.exists(folder) or not sys.platform.startswith("linux"):
        return folder
    return Path(os.environ.get("XDG_CONFIG_HOME") or _home() / ".config") / "kaggle"


def require_config_folder() -> None:
    """Makes the client's folder, without which it cannot even be imported.

    Raises:
        CredentialsError: It cannot be made.
    """
    folder = config_folder()
    try:
        if not folder.is_absolute():
            raise FileNotFoundError(2, "there is no home folder")
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as ex:
        raise CredentialsError(
            f"Kaggle's client needs the folder {folder}, which cannot be made ({ex.strerror}); set KAGGLE_CONFIG_DIR "
            "to a folder that can be written"
        ) from None


def _token() -> str | None:
    """An access token, which goes before all else; it may stand in a file, also in one that the variable names."""
    given = os.environ.get("KAGGLE_API_TOKEN")
    if given and not os.path.exists(given):
        return "KAGGLE_API_TOKEN"
    if given:
        return f"KAGGLE_API_TOKEN ({given})" if _text(Path(given)) else None
    for name in ("access_token", "access_token.txt"):
        path = _home() / ".kaggle" / name
        if os.path.exists(path) and _text(path):
            return str(path)
    return None


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as ex:
        why = ex.strerror if isinstance(ex, OSError) else "no text"
        raise CredentialsError(
            f"{path} cannot be read ({why}), and Kaggle's client looks nowhere else while it is there; mend or delete "
            f"it, or set KAGGLE_API_TOKEN (kaggle.json may lie in another folder: KAGGLE_CONFIG_DIR)"
        ) from None


def _read(path: Path) -> tuple[dict[str, Any], str | None]:
    """A JSON object and None, or nothing and what is wrong with it."""
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except OSError as ex:
        return {}, f"it cannot be read ({ex.strerror})"
    except ValueError:
        return {}, "it is no JSON"
    if value and not isinstance(value, dict):
        # the client would fail over it, whatever other credentials there are
        raise CredentialsError(f"{path}: it holds no JSON object; make a new one on {SETTINGS_PAGE}, {_ELSEWHERE}")
    return value or {}, None


def _home() -> Path:
    return Path(os.path.expanduser("~"))

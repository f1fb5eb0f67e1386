"""Which credentials are found, and that what is wrong with them is said at once."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from kaggle_lookalike import KEY, TOKEN, Kaggle

from mlebench_inspect.data.credentials import credentials_found
from mlebench_inspect.data.errors import CredentialsError

Download = Callable[..., dict[str, Any]]
GOOD = json.dumps({"username": "ada", "key": KEY})
BROKEN = {
    "empty": "",
    "no JSON": '{"username": "ada", "key": ',
    "null": "null",
    "a list": '["ada", "key"]',
    "wrong keys": '{"user": "ada", "token": "x"}',
    "no key": '{"username": "ada"}',
    "empty key": '{"username": "ada", "key": ""}',
    "a number for a key": '{"username": "ada", "key": 7}',
    "not UTF-8": b"\xff\xfe\x00",
    "with a byte order mark": b"\xef\xbb\xbf" + GOOD.encode(),
}


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home folder of this process, with none of Kaggle's variables."""
    for name in ("API_TOKEN", "USERNAME", "KEY", "CONFIG_DIR"):
        monkeypatch.delenv(f"KAGGLE_{name}", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "home/.config"))
    (tmp_path / "home/.kaggle").mkdir(parents=True)
    return tmp_path / "home"


@pytest.mark.parametrize("content", BROKEN.values(), ids=BROKEN)
def test_a_broken_kaggle_json_is_named(content: str | bytes, home: Path) -> None:
    path = home / ".kaggle/kaggle.json"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(CredentialsError) as caught:
        credentials_found()
    assert str(path) in str(caught.value)
    assert "KAGGLE_CONFIG_DIR" in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("make", [lambda p: p.mkdir(), lambda p: p.symlink_to("nowhere")], ids=["folder", "dead link"])
def test_a_kaggle_json_that_cannot_be_read_is_named(make: Callable[[Path], None], home: Path) -> None:
    make(home / ".kaggle/kaggle.json")
    with pytest.raises(CredentialsError, match=r"kaggle\.json: it cannot be read"):
        credentials_found()


def test_credentials_are_found_in_the_order_of_the_client(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert credentials_found() is None
    places = [home / ".kaggle" / n for n in ("credentials.json", "kaggle.json", "access_token.txt", "access_token")]
    for path, content in zip(places, ['{"refresh_token": "x"}', GOOD, TOKEN, TOKEN], strict=True):
        path.write_text(content, encoding="utf-8")
        assert credentials_found() == str(path)
    monkeypatch.setenv("KAGGLE_API_TOKEN", TOKEN)
    assert credentials_found() == "KAGGLE_API_TOKEN"
    monkeypatch.setenv("KAGGLE_API_TOKEN", str(places[-1]))
    assert credentials_found() == f"KAGGLE_API_TOKEN ({places[-1]})"


def test_the_environment_goes_before_kaggle_json(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (home / ".kaggle/kaggle.json").write_text("{}")
    monkeypatch.setenv("KAGGLE_USERNAME", "ada")
    monkeypatch.setenv("KAGGLE_KEY", KEY)
    assert credentials_found() == "KAGGLE_USERNAME and KAGGLE_KEY"
    monkeypatch.setenv("KAGGLE_KEY", "")
    with pytest.raises(CredentialsError, match="KAGGLE_KEY overrule"):
        credentials_found()


def test_a_broken_file_is_passed_over_where_others_serve(home: Path) -> None:
    (home / ".kaggle/kaggle.json").write_text("{")
    (home / ".kaggle/credentials.json").write_text('{"refresh_token": "x"}')
    assert credentials_found() == str(home / ".kaggle/credentials.json")
    (home / ".kaggle/access_token").write_text("\n")
    assert credentials_found() == str(home / ".kaggle/credentials.json"), "an empty token is none"


def test_finding_credentials_imports_nothing_heavy() -> None:
    code = "import sys, mlebench_inspect.data.credentials; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert not {"kaggle", "kagglesdk", "requests", "pandas"} & set(loaded.stdout.split())


# ---- told by the download, at once ----


@pytest.mark.parametrize("content", ["", "{", '{"user": "ada"}', "[1]"])
def test_a_download_with_a_broken_kaggle_json(
    kaggle: Kaggle, download: Download, environment: dict[str, str], content: str
) -> None:
    del environment["KAGGLE_USERNAME"], environment["KAGGLE_KEY"]
    folder = Path(environment["HOME"], ".kaggle")
    folder.mkdir()
    (folder / "kaggle.json").write_text(content)
    result = download(delay=5)
    assert result["error"] == "CredentialsError"
    assert str(folder / "kaggle.json") in result["message"]
    assert "KAGGLE_CONFIG_DIR" in result["message"]
    assert kaggle.calls == []


@pytest.mark.parametrize("home", ["/proc/nobody", "/dev/null"], ids=["missing", "no folder"])
def test_a_download_without_a_home_to_write_to(download: Download, environment: dict[str, str], home: str) -> None:
    environment |= {"HOME": home, "XDG_CONFIG_HOME": f"{home}/.config"}
    start = time.monotonic()
    result = download(delay=20)
    assert time.monotonic() - start < 15, "asking again does not make a folder"
    assert result["error"] == "CredentialsError"
    assert f"{home}/.config/kaggle" in result["message"]
    assert "KAGGLE_CONFIG_DIR" in result["message"]


def test_another_folder_in_place_of_the_home(
    kaggle: Kaggle, download: Download, environment: dict[str, str], tmp_path: Path
) -> None:
    (tmp_path / "demo.zip").write_bytes(b"contents")
    kaggle.archives["demo"] = tmp_path / "demo.zip"
    environment |= {"HOME": "/proc/nobody", "XDG_CONFIG_HOME": "/proc/nobody"}
    environment["KAGGLE_CONFIG_DIR"] = str(tmp_path / "config")
    assert "path" in download()

"""Kaggle's own client against a look-alike server: interruptions, refusals, and what is said about them."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import time
from collections import deque
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import formatdate
from pathlib import Path
from typing import Any

import pytest
from kaggle_lookalike import DOWNLOADS, KEY, SIGNATURE, TOKEN, Kaggle, downloads

from mlebench_inspect.data.errors import redact
from mlebench_inspect.data.rules import Access, RulesCache

Download = Callable[..., dict[str, Any]]


@pytest.fixture
def demo(kaggle: Kaggle, tmp_path: Path) -> bytes:
    """12 MB served as the competition `demo`."""
    data = random.Random(0).randbytes(12_000_000)
    path = tmp_path / "demo.zip"
    path.write_bytes(data)
    kaggle.archives["demo"] = path
    return data


def test_fifty_interruptions_end_with_the_right_bytes(kaggle: Kaggle, demo: bytes, download: Download) -> None:
    generator, share = random.Random(1), len(demo) // 52
    kaggle.cuts = deque(generator.randrange(n * share, (n + 1) * share) for n in range(1, 51))
    result = download()
    assert Path(result["path"]).read_bytes() == demo
    assert not kaggle.cuts
    resumed = [r for r in kaggle.ranges if r]
    assert len(resumed) >= 49
    assert resumed == sorted(resumed), "bytes that were there have been fetched again"


def test_a_killed_download_goes_on_in_the_next_process(
    kaggle: Kaggle, demo: bytes, download: Download, environment: dict[str, str], tmp_path: Path
) -> None:
    kaggle.stall_at = 3_000_000
    folder = tmp_path / "download"
    process = downloads(environment)
    process.stdin.write(json.dumps(["demo", str(folder), {}]) + "\n")
    process.stdin.flush()
    partial = folder / "demo.zip"
    wait_until(lambda: partial.exists() and partial.stat().st_size > 2_000_000)
    process.kill()
    process.communicate(timeout=120)
    kaggle.stall_at = None
    result = download()
    assert Path(result["path"]).read_bytes() == demo
    assert max(kaggle.ranges) > 2_000_000
    assert [p.name for p in folder.iterdir()] == ["complete.zip"]


def test_a_complete_download_is_not_asked_for_again(kaggle: Kaggle, demo: bytes, download: Download) -> None:
    download()
    asked = len(kaggle.calls)
    assert "path" in download()
    assert len(kaggle.calls) == asked


def test_storage_without_ranges_starts_anew(kaggle: Kaggle, demo: bytes, download: Download) -> None:
    kaggle.no_ranges = True
    kaggle.cuts = deque([2_000_000])
    assert Path(download()["path"]).read_bytes() == demo


def test_a_stalled_socket_is_given_up_and_resumed(kaggle: Kaggle, demo: bytes, download: Download) -> None:
    kaggle.stall_at = 1_000_000
    start = time.monotonic()
    result = download(read=0.5, attempts=2)
    assert time.monotonic() - start < 15
    assert result["error"] == "KaggleError"
    assert "without a new byte" in result["message"]
    assert "kB are downloaded and kept" in result["message"] or "MB are downloaded and kept" in result["message"]
    kaggle.stall_at = None
    assert Path(download()["path"]).read_bytes() == demo


def test_a_silent_api_is_given_up(kaggle: Kaggle, demo: bytes, download: Download) -> None:
    kaggle.stall_at = 0
    result = download(read=0.5, attempts=1)
    assert result["error"] == "KaggleError"


@pytest.mark.parametrize("status", [429, 500, 502, 503])
def test_passing_faults_are_waited_out(kaggle: Kaggle, demo: bytes, download: Download, status: int) -> None:
    kaggle.api_faults = deque([(status, {}, "try later")] * 3)
    assert Path(download()["path"]).read_bytes() == demo


def test_lasting_faults_are_told(kaggle: Kaggle, demo: bytes, download: Download) -> None:
    kaggle.api_faults = deque([(500, {}, "on fire")] * 9)
    result = download(attempts=3)
    assert result["error"] == "KaggleError"
    assert "on fire" in result["message"]
    assert "run the same command to go on" in result["message"]


@pytest.mark.parametrize("dated", [False, True])
def test_the_servers_own_delay_is_kept(kaggle: Kaggle, demo: bytes, download: Download, dated: bool) -> None:
    delay = formatdate(time.time() + 3, usegmt=True) if dated else "1.5"
    kaggle.api_faults = deque([(429, {"Retry-After": delay}, "slow down")])
    start = time.monotonic()
    assert "path" in download()
    assert time.monotonic() - start > 1.2


def test_a_long_delay_is_not_slept_through(kaggle: Kaggle, demo: bytes, download: Download) -> None:
    kaggle.api_faults = deque([(429, {"Retry-After": "7200"}, "slow down")])
    assert "come back in 120 minutes" in download()["message"]


def test_an_expired_signed_url_is_replaced(kaggle: Kaggle, demo: bytes, download: Download) -> None:
    kaggle.blob_faults = deque([403, 403])
    assert Path(download()["path"]).read_bytes() == demo


def test_rules_that_are_not_accepted(kaggle: Kaggle, demo: bytes, download: Download) -> None:
    kaggle.not_joined = {"demo"}
    result = download()
    assert result["error"] == "RulesError"
    assert "https://www.kaggle.com/c/demo/rules" in result["message"]
    assert "can no longer be joined" in result["message"]
    assert "--raw ZIP" in result["message"]
    assert kaggle.calls.count("DownloadDataFiles") == 1, "asking again is of no use"


def test_a_refusal_for_another_reason(kaggle: Kaggle, demo: bytes, download: Download) -> None:
    kaggle.api_faults = deque([(403, {}, "Permission competitions.get was denied")])
    result = download()
    assert "Permission competitions.get was denied" in result["message"]
    assert "https://www.kaggle.com/competitions/demo/data" in result["message"]


def test_an_unknown_competition(kaggle: Kaggle, download: Download) -> None:
    result = download("gone")
    assert result["error"] == "NotFoundError"
    assert "https://www.kaggle.com/competitions/gone/data" in result["message"]


def test_a_wrong_key(kaggle: Kaggle, demo: bytes, download: Download, environment: dict[str, str]) -> None:
    environment["KAGGLE_KEY"] = "wrong-key-of-mine"
    result = download()
    assert result["error"] == "CredentialsError"
    assert "KAGGLE_USERNAME and KAGGLE_KEY" in result["message"]
    assert "https://www.kaggle.com/settings" in result["message"]
    assert "wrong-key-of-mine" not in result["message"]


def test_no_credentials(kaggle: Kaggle, demo: bytes, download: Download, environment: dict[str, str]) -> None:
    del environment["KAGGLE_USERNAME"], environment["KAGGLE_KEY"]
    result = download()
    assert result["error"] == "CredentialsError"
    assert "KAGGLE_API_TOKEN" in result["message"]
    assert kaggle.calls == []


@pytest.mark.parametrize("as_file", [False, True])
def test_an_api_token(
    kaggle: Kaggle, demo: bytes, download: Download, environment: dict[str, str], as_file: bool
) -> None:
    del environment["KAGGLE_USERNAME"], environment["KAGGLE_KEY"]
    if as_file:
        token = Path(environment["HOME"], ".kaggle/access_token")
        token.parent.mkdir()
        token.write_text(TOKEN, encoding="utf-8")
    else:
        environment["KAGGLE_API_TOKEN"] = TOKEN
    assert "path" in download()


def test_an_expired_token(kaggle: Kaggle, demo: bytes, download: Download, environment: dict[str, str]) -> None:
    del environment["KAGGLE_USERNAME"], environment["KAGGLE_KEY"]
    environment["KAGGLE_API_TOKEN"] = "KGAT_expired_long_ago"
    result = download()
    assert result["error"] == "CredentialsError"
    assert "KAGGLE_API_TOKEN" in result["message"]
    assert "KGAT_expired" not in result["message"]


def test_kaggle_json(kaggle: Kaggle, demo: bytes, download: Download, environment: dict[str, str]) -> None:
    del environment["KAGGLE_USERNAME"], environment["KAGGLE_KEY"]
    folder = Path(environment["HOME"], "config/kaggle")
    folder.mkdir(parents=True)
    (folder / "kaggle.json").write_text(f'{{"username": "ada", "key": "{KEY}"}}')
    (folder / "kaggle.json").chmod(0o600)
    assert "path" in download()


def test_no_server(kaggle: Kaggle, demo: bytes, download: Download, environment: dict[str, str]) -> None:
    environment["HTTP_PROXY"] = environment["http_proxy"] = "http://127.0.0.1:9"
    result = download(attempts=2)
    assert result["error"] == "KaggleError"
    assert "interrupted 2 times" in result["message"]


def test_signed_urls_do_not_get_into_messages(kaggle: Kaggle, demo: bytes, download: Download) -> None:
    kaggle.blob_faults = deque([404] * 9)
    message = download(attempts=2)["message"]
    assert "404" in message
    assert SIGNATURE.split("=")[1] not in message


def test_signed_urls_and_keys_do_not_get_into_debug_logs(
    kaggle: Kaggle, demo: bytes, environment: dict[str, str], tmp_path: Path
) -> None:
    kaggle.cuts = deque([2_000_000])
    code = "import logging; logging.basicConfig(level=logging.DEBUG)\n" + DOWNLOADS
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=environment,
        input=json.dumps(["demo", str(tmp_path / "download"), {"delay": 0.001}]),
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert "path" in json.loads(done.stdout)
    assert len(kaggle.ranges) > 1
    for secret in (SIGNATURE.split("=")[1], KEY):
        assert secret not in done.stderr


def test_nothing_heavy_is_imported_for_the_command_line() -> None:
    code = "import sys, mlebench_inspect.cli, mlebench_inspect.data; print(*sys.modules)"
    loaded = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=300
    ).stdout.split()
    assert not {"kaggle", "kagglesdk", "requests", "pandas", "numpy", "rich"} & set(loaded)


def test_redaction() -> None:
    text = (
        "GET /x?sig=abc HTTP, https://a.b/c?X=1&y=2), {'Authorization': 'Basic QWxhZGRpbjpvcGVu'}, key 12345678 "
        "Bearer abcdefgh"
    )
    clean = redact(text, ("12345678",))
    for secret in ("sig=abc", "X=1", "QWxh", "12345678", "abcdefgh"):
        assert secret not in clean
    assert "https://a.b/c?[redacted]" in clean


def test_the_client_has_what_is_patched() -> None:
    from inspect import signature

    from kagglesdk.kaggle_http_client import KaggleHttpClient

    assert "self" in signature(KaggleHttpClient._init_session).parameters
    code = (
        "import inspect\nfrom kaggle.api.kaggle_api_extended import KaggleApi\n"
        "names = inspect.signature(KaggleApi.download_file).parameters\n"
        "assert {'max_retries', 'timeout', 'chunk_size'} <= set(names), names"
    )
    environment = os.environ | {"KAGGLE_CONFIG_DIR": "/tmp"}
    subprocess.run([sys.executable, "-c", code], check=True, env=environment, timeout=300)


def wait_until(condition: Callable[[], bool], seconds: float = 20) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.02)


def test_another_archive_begins_a_new_count_of_lost_connections(
    kaggle: Kaggle, demo: bytes, download: Download, tmp_path: Path
) -> None:
    kaggle.cuts = deque([8_000_000])
    assert download(attempts=0)["error"] == "KaggleError"
    other = random.Random(1).randbytes(12_000_000)
    (tmp_path / "other.zip").write_bytes(other)
    kaggle.archives["demo"] = tmp_path / "other.zip"
    kaggle.ranges.clear()
    kaggle.cuts = deque(n * 1_000_000 for n in range(1, 7))  # all of them below what there was of the first archive
    assert Path(download(attempts=2)["path"]).read_bytes() == other


def test_an_archive_that_always_changes_is_given_up(
    kaggle: Kaggle, demo: bytes, download: Download, monkeypatch: pytest.MonkeyPatch
) -> None:
    tags = (f'"{n}"' for n in range(1000))
    monkeypatch.setattr(type(kaggle), "read", lambda self, slug: (demo, next(tags)))
    kaggle.stall_at = 100_000
    result = download(attempts=3, read=0.2)
    assert "without a new byte" in result["message"]


@pytest.mark.parametrize("message", ["You must accept this competition's rules", "Permission was denied"])
def test_a_refused_download_is_no_longer_known_as_accepted(
    kaggle: Kaggle, demo: bytes, download: Download, environment: dict[str, str], message: str
) -> None:
    cache = RulesCache("ada", Path(environment["HOME"], "cache/mlebench-inspect/kaggle-rules.json"))
    cache.put({"demo": Access(True, 12), "other": Access(True, 3)})
    kaggle.api_faults = deque([(403, {}, message)])
    environment["ANY"] = "a process of its own, with this home"
    assert download()["error"] == "RulesError"
    assert cache.get("demo") is None
    other = cache.get("other")
    assert other == Access(True, 3, other.note if other else "")


def test_answers_are_believed_for_a_day(tmp_path: Path) -> None:
    cache = RulesCache("ada", tmp_path / "rules.json")
    cache.put({"demo": Access(True, 12), "refused": Access(False), "unknown": Access(None)})
    demo = cache.get("demo")
    assert demo is not None
    assert (demo.accepted, demo.bytes) == (True, 12)
    assert cache.get("unknown") is None
    for checked, alive in (("-23h", True), ("-25h", False), ("+2h", False), ("broken", False)):
        found = json.loads(cache.path.read_text())
        for entry in found[cache.user].values():
            hours = int(checked[:-1]) if checked != "broken" else 0
            time_of = datetime.now(UTC) + timedelta(hours=hours)
            entry["checked"] = time_of.isoformat() if checked != "broken" else "yesterday"
        cache.path.write_text(json.dumps(found))
        assert (cache.get("demo") is not None) == alive, checked
        assert (cache.get("refused") is not None) == alive, checked
    cache.put({"new": Access(True)})
    assert list(json.loads(cache.path.read_text())[cache.user]) == ["new"]


@pytest.mark.parametrize("content", ["", "[]", '{"u": []}', '{"u": {"demo": 1}}', '{"u": {"demo": {"accepted": 1}}}'])
def test_a_broken_cache_is_an_empty_one(content: str, tmp_path: Path) -> None:
    (tmp_path / "rules.json").write_text(content.replace("u", RulesCache("ada").user, 1))
    cache = RulesCache("ada", tmp_path / "rules.json")
    assert cache.get("demo") is None
    cache.put({"demo": Access(True)})
    assert cache.get("demo") is not None

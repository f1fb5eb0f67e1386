"""The folder beside a log, where it does not do what is asked: this host's fault, named with file and folder."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mlebench_inspect.run import artifacts
from mlebench_inspect.run.artifacts import Archive
from mlebench_inspect.sandboxes.host import HostError


class Broken:
    """A cloud that refuses everything."""

    def __getattr__(self, name: str) -> Callable[..., Any]:
        def fails(*_: Any, **__: Any) -> None:
            raise ConnectionError("403 Forbidden")

        return fails


def _fetch(archive: Archive, _: Path) -> None:
    with archive.fetched("a"):
        raise AssertionError("it was fetched")


@pytest.mark.parametrize(
    ("do", "words"),
    [
        (lambda archive, file: archive.has("a"), "s3://bucket/logs cannot be reached: 403 Forbidden"),
        (lambda archive, file: archive.put(file, "a"), "a cannot be kept in s3://bucket/logs: 403 Forbidden"),
        (lambda archive, file: archive.remove("a"), "a cannot be removed from s3://bucket/logs: .*403 Forbidden"),
        (_fetch, "a cannot be read from s3://bucket/logs: 403 Forbidden"),
    ],
)
def test_a_cloud_that_refuses_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, do: Callable[[Archive, Path], Any], words: str
) -> None:
    monkeypatch.setattr(artifacts, "filesystem", lambda root: Broken())
    (tmp_path / "file").write_bytes(b"x")
    with pytest.raises(HostError, match=words):
        do(Archive("s3://bucket/logs"), tmp_path / "file")


def test_what_is_kept_in_a_folder_comes_back_and_goes(tmp_path: Path) -> None:
    archive, file = Archive(str(tmp_path / "logs")), tmp_path / "file"
    file.write_bytes(bytes(range(256)))
    name = archive.keep(file, "artifacts/x")
    assert archive.has(name)
    archive.restore(name, tmp_path / "back", 256)
    assert (tmp_path / "back").read_bytes() == file.read_bytes()
    with pytest.raises(HostError, match="cannot be read from"):
        archive.restore(name, tmp_path / "less", 255)
    archive.remove(name)
    archive.remove(name)  # which is gone
    assert not archive.has(name)
    with pytest.raises(HostError, match="cannot be read from"):
        archive.restore(name, tmp_path / "none", 256)


def test_a_file_that_cannot_be_packed_is_this_host_s_fault(tmp_path: Path) -> None:
    archive = Archive(str(tmp_path))
    with pytest.raises(HostError, match="cannot be written: No such file or directory"):
        archive.keep(tmp_path / "none", "x")


def test_too_little_room_is_told_before_anything_is_written(tmp_path: Path) -> None:
    with pytest.raises(HostError, match=r"there is no room in .*not/there/yet"):
        Archive(str(tmp_path / "not/there/yet")).check_room(1 << 60)
    Archive("memory://logs").check_room(1 << 60)  # a cloud has room

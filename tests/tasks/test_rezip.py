"""Copying members from one zip into another."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path
from typing import Any

import pytest

from mlebench_inspect.tasks.preparing import DataError, rezip

CONTENTS = {"é/picture.jpg": bytes(range(256)) * 9000, "text": b"a" * 100_000, "empty": b""}


class Stream(io.RawIOBase):
    """A file that cannot seek, so that zipfile writes sizes behind the contents."""

    def __init__(self, file: Any) -> None:
        self.file = file

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        return int(self.file.write(data))


@pytest.mark.parametrize("streamed", [False, True])
@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_members_arrive_whole_under_new_names(method: int, streamed: bool, tmp_path: Path) -> None:
    with (
        open(tmp_path / "a.zip", "wb") as file,
        zipfile.ZipFile(Stream(file) if streamed else file, "w", method) as zipped,
    ):
        for name, content in CONTENTS.items():
            zipped.writestr(name, content)
    assert rezip(tmp_path / "a.zip", tmp_path / "b.zip", [(n, f"new/{n}") for n in reversed(CONTENTS)]) == 3
    with zipfile.ZipFile(tmp_path / "b.zip") as copied:
        assert copied.testzip() is None
        assert copied.namelist() == [f"new/{n}" for n in reversed(CONTENTS)]
        assert {n: copied.read(f"new/{n}") for n in CONTENTS} == CONTENTS


def test_a_missing_member_is_named(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as zipped:
        zipped.writestr("x", b"1")
    with pytest.raises(DataError, match=r"a\.zip holds no y"):
        rezip(tmp_path / "a.zip", tmp_path / "b.zip", [("y", "y")])

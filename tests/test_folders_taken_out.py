"""The agent's folders, as an engine's tar stream brings them: what is cut is not called complete."""

from __future__ import annotations

import io
import tarfile
from pathlib import Path

import pytest

from mlebench_inspect.sandboxes.extraction import Taken, folder_from_tar


def stream_of(names: list[str], size: int = 700) -> bytes:
    """A tar stream of a folder with these files."""
    raw = io.BytesIO()
    with tarfile.open(fileobj=raw, mode="w|", format=tarfile.PAX_FORMAT) as tar:
        root = tarfile.TarInfo("code")
        root.type = tarfile.DIRTYPE
        tar.addfile(root)
        for name in names:
            info = tarfile.TarInfo(f"code/{name}")
            info.size = size
            tar.addfile(info, io.BytesIO(bytes(size)))
    return raw.getvalue()


def take(stream: bytes, folder: Path) -> Taken:
    """What is kept of a stream; the kept file is a whole archive in any case."""
    dest = folder / "code.tar.gz"
    dest.unlink(missing_ok=True)
    taken = folder_from_tar(io.BytesIO(stream), dest, 1 << 20)
    with tarfile.open(dest) as kept:
        assert sum(m.isreg() for m in kept) >= taken.files
    return taken


def test_a_whole_stream_is_complete(tmp_path: Path) -> None:
    assert take(stream_of(["a", "b", "d/e"]), tmp_path) == Taken(3, 2100, 0, True)
    assert take(stream_of(["d/" * 400 + "a" * 200]), tmp_path).complete


def test_a_stream_cut_anywhere_is_not(tmp_path: Path) -> None:
    whole = stream_of(["a", "b" * 150, "c"])
    members = len(whole.rstrip(b"\0")) // 512 * 512 + 512 * 2  # up to the end mark
    for cut in range(512, members, 256):
        assert not take(whole[:cut], tmp_path).complete, cut


@pytest.mark.parametrize("filling", [b"\xff", b"x"])
def test_a_stream_that_turns_into_something_else_is_not(tmp_path: Path, filling: bytes) -> None:
    whole = stream_of(["a", "b", "c"])
    for start in range(512, 512 * 8, 512):
        damaged = whole[:start] + filling * 512 + whole[start + 512 :]
        taken = take(damaged, tmp_path)
        assert taken == Taken(3, 2100, 0, True) or not taken.complete  # the content of a file may be anything


def test_a_tree_that_may_go_deeper_than_the_engine_can_is_not(tmp_path: Path) -> None:
    for step in (1, 20, 255):
        path = ""
        while len(path) + step + 1 <= 4096 - 150:  # what an engine hands over of a tree without end
            path += "d" * step + "/"
        assert not take(stream_of([f"{path}x"]), tmp_path).complete

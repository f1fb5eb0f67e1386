"""A file that is taken out of a sandbox: whole and within its cap, or not at all, whoever is at fault."""

from __future__ import annotations

import base64
import io
import os
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from inspect_ai.util import ExecResult

from mlebench_inspect.sandboxes.extraction import (
    Missing,
    Refused,
    Unreadable,
    copy_local,
    file_from_tar,
    folder_from_tar,
    read_out,
    require_member,
)
from mlebench_inspect.sandboxes.host import HostError
from scripted import Scripted

CONTENT = bytes(range(256)) * 20


def archive(content: bytes = CONTENT, kind: bytes = tarfile.REGTYPE) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as tar:
        member = tarfile.TarInfo("submission.csv")
        member.type, member.size, member.linkname = kind, len(content), "/etc/shadow"
        tar.addfile(member, io.BytesIO(content))
    return out.getvalue()


def chunk(content: bytes, size: int = len(CONTENT), head: str = "1 2", code: int = 0) -> ExecResult[str]:
    text = f"{head} {size}\n{base64.b64encode(content).decode()}"
    return ExecResult(code == 0, code, text, "python3: broken")


def test_a_file_of_a_tar_stream_is_whole_or_refused(tmp_path: Path) -> None:
    dest = tmp_path / "taken"
    assert file_from_tar(io.BytesIO(archive()), dest, len(CONTENT)) == len(CONTENT)
    assert dest.read_bytes() == CONTENT
    assert (dest.stat().st_mode & 0o777) == 0o600


@pytest.mark.parametrize(
    ("stream", "fault", "words"),
    [
        (archive(CONTENT + b"x"), Refused, "it has 5,121 bytes; at most 5,120 are read"),
        (archive(b"", tarfile.SYMTYPE), Refused, "it is a symbolic link"),
        (archive(b"", tarfile.LNKTYPE), Refused, "it is a hard link"),
        (archive(b"", tarfile.DIRTYPE), Refused, "it is a folder"),
        (archive(b"", tarfile.FIFOTYPE), Refused, "it is not a regular file"),
        (archive()[:3000], Unreadable, "the archive"),
        (b"no archive at all" * 100, Unreadable, "the archive cannot be read"),
    ],
)
def test_a_tar_stream_of_anything_else_leaves_nothing(
    tmp_path: Path, stream: bytes, fault: type[Exception], words: str
) -> None:
    with pytest.raises(fault, match=words):
        file_from_tar(io.BytesIO(stream), tmp_path / "taken", len(CONTENT))
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("length", range(0, len(archive()), 700))
def test_a_stream_cut_off_anywhere_before_the_end_of_its_file_is_no_member(length: int) -> None:
    whole = 512 + len(CONTENT)
    if length < whole:
        with pytest.raises(Unreadable):
            require_member(io.BytesIO(archive()[:length]))
    else:
        require_member(io.BytesIO(archive()[:length]))


@pytest.mark.anyio
async def test_chunks_are_put_together(tmp_path: Path) -> None:
    dest = tmp_path / "taken"
    place: Any = Scripted([chunk(CONTENT[:4000]), chunk(CONTENT[4000:])])
    assert await read_out(place, "/x", dest, len(CONTENT)) == len(CONTENT)
    assert dest.read_bytes() == CONTENT


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("answers", "fault", "words"),
    [
        ([chunk(b"", len(CONTENT) + 1)], Refused, "it has 5,121 bytes; at most 5,120 are read"),
        ([chunk(CONTENT[:4000]), chunk(CONTENT[4000:], head="1 3")], Refused, "changed"),
        ([chunk(CONTENT[:4000]), chunk(CONTENT)], Refused, "changed"),
        ([chunk(CONTENT[:4000]), chunk(b"")], Refused, "unreadable or changed while it was read"),
        ([ExecResult(False, 3, "", "")], Missing, "there is no such file"),
        ([ExecResult(False, 4, "a folder", "")], Refused, "it is a folder; write a regular file in its place"),
        ([chunk(b"", code=1)], Unreadable, "did not hand the file over: python3: broken"),
        ([ExecResult(True, 0, "1 2 3\n***", "")], Unreadable, "did not hand the file over"),
        ([ConnectionError("reset")], Unreadable, "the sandbox runs no command: reset"),
    ],
)
async def test_chunks_of_anything_else_leave_nothing(
    tmp_path: Path, answers: list[Any], fault: type[Exception], words: str
) -> None:
    place: Any = Scripted(answers)
    with pytest.raises(fault, match=words):
        await read_out(place, "/x", tmp_path / "taken", len(CONTENT))
    assert not list(tmp_path.iterdir())


def _link(path: Path) -> None:
    path.symlink_to("/etc/hostname")


def _large(path: Path) -> None:
    path.write_bytes(CONTENT + b"x")


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda path: None, "there is no such file"),
        (_link, "it is a symbolic link"),
        (os.mkdir, "it is not a regular file"),
        (os.mkfifo, "it is not a regular file"),
        (_large, "it has 5,121 bytes; at most 5,120 are read"),
    ],
)
def test_what_lies_here_and_is_no_file_within_the_cap_is_refused(
    tmp_path: Path, make: Callable[[Path], Any], words: str
) -> None:
    make(tmp_path / "it")
    with pytest.raises(Refused, match=words):
        copy_local(tmp_path / "it", tmp_path / "taken", len(CONTENT))
    assert not (tmp_path / "taken").exists()


def test_a_file_that_grows_while_it_is_read_is_cut_off_at_its_cap(tmp_path: Path) -> None:
    taken, endless = tmp_path / "taken", Path("/proc/kallsyms")  # which says that it has no bytes
    if not endless.is_file() or endless.stat().st_size:
        pytest.skip("there is no file here that holds more than it says")
    with pytest.raises(Refused, match="it grew beyond 100 bytes while it was read"):
        copy_local(endless, taken, 100)
    assert not taken.exists()


def test_a_place_that_cannot_be_written_is_this_host_s_fault(tmp_path: Path) -> None:
    with pytest.raises(HostError, match="cannot be written: No such file or directory"):
        file_from_tar(io.BytesIO(archive()), tmp_path / "none/taken", 1 << 20)
    (tmp_path / "there").write_bytes(b"mine")
    with pytest.raises(HostError, match="cannot be written: File exists"):
        file_from_tar(io.BytesIO(archive()), tmp_path / "there", 1 << 20)


def test_of_a_folder_no_more_is_read_than_ten_times_what_is_kept(tmp_path: Path) -> None:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as tar:
        for number in range(40):
            member = tarfile.TarInfo(f"code/{number}")
            member.size = 3000
            tar.addfile(member, io.BytesIO(bytes(3000)))
    taken = folder_from_tar(io.BytesIO(out.getvalue()), tmp_path / "code.tar.gz", 5000)
    assert (taken.files, taken.size, taken.complete) == (1, 3000, False)

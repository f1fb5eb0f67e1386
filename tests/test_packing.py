"""Public data packed for a host, and unpacked by the script that runs in the sandbox."""

from __future__ import annotations

import os
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

from mlebench_inspect.sandboxes import packing
from mlebench_inspect.sandboxes.bringing import SCRIPT, _encoded, matching
from mlebench_inspect.sandboxes.host import HostError
from mlebench_inspect.sandboxes.packing import Contents, PublicData, packed

GUEST = Path(packing.__file__).parent / "guest" / SCRIPT


@pytest.fixture
def data(tmp_path: Path) -> PublicData:
    folder = tmp_path / "public"
    (folder / "images/empty").mkdir(parents=True)
    (folder / "train.csv").write_bytes(os.urandom(700_000))
    (folder / "nothing.csv").touch()
    (folder / "description.md").write_text("# The name")
    for number in range(50):
        (folder / f"images/é {number}.png").write_bytes(os.urandom(number * 100))
    return PublicData(folder)


def unpacked(data: PublicData, cache: Path, folder: Path) -> Contents:
    """By the script of the sandbox, as the sandbox would; whatever it says must be what was packed."""
    with packed(data, cache) as archive:
        for piece in _encoded(archive):
            part = folder.with_name("part")
            part.write_bytes(piece)
            guest("put", folder, part)
        return matching(guest("seal", folder), archive.contents, str(folder))


def guest(*arguments: object) -> str:
    command = [sys.executable, "-I", str(GUEST), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=True).stdout


@pytest.mark.parametrize("part", [50_000, packing.PART])
def test_what_comes_out_is_what_went_in(
    data: PublicData, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, part: int
) -> None:
    monkeypatch.setattr(packing, "PART", part)
    found = unpacked(data, tmp_path / "cache", tmp_path / "box")
    assert found.files == 53
    for name, path in data.files().items():
        assert (tmp_path / "box" / name).read_bytes() == path.read_bytes()
        assert (tmp_path / "box" / name).stat().st_mode & 0o777 == 0o644
    assert (tmp_path / "box/images/empty").is_dir()
    assert (tmp_path / "box").stat().st_mode & 0o777 == 0o755


def test_no_piece_is_much_larger_than_asked_for(data: PublicData, tmp_path: Path) -> None:
    with packed(data, tmp_path / "cache") as archive:
        sizes = [sum(len(content) for _, _, content in part) for part in archive.parts()]
    assert max(sizes) <= packing.PART
    assert sum(sizes) == archive.contents.size


def test_another_description_takes_the_place_of_the_folder_s_own(data: PublicData, tmp_path: Path) -> None:
    other = tmp_path / "other.md"
    other.write_text("# No name")
    with (
        packed(data._replace(description=other), tmp_path / "cache") as archive,
        tarfile.open(fileobj=archive.file) as tar,
    ):
        member = tar.extractfile("data/description.md")
        assert member is not None
        assert member.read() == b"# No name"
    assert len(list((tmp_path / "cache").glob("*.tar"))) == 1


def test_all_in_an_archive_is_root_s_and_nobody_else_s_to_write(data: PublicData, tmp_path: Path) -> None:
    with packed(data, tmp_path / "cache") as archive, tarfile.open(fileobj=archive.file) as tar:
        for member in tar:
            assert (member.uid, member.gid, member.mode & 0o022) == (0, 0, 0)
            assert member.isfile() or member.isdir()


def test_data_are_packed_once_and_again_when_they_change(
    data: PublicData, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[Path] = []
    pack = packing._pack

    def counted(data: PublicData, files: dict[str, Path], archive: Path) -> packing.Contents:
        made.append(archive)
        return pack(data, files, archive)

    monkeypatch.setattr(packing, "_pack", counted)
    for _ in range(2):
        with packed(data, tmp_path / "cache") as archive:
            first = archive.contents
    assert len(made) == 1
    (data.folder / "train.csv").write_bytes(b"new")
    with packed(data, tmp_path / "cache") as archive:
        assert archive.contents != first
    assert len(made) == 2


def test_a_packing_that_was_cut_short_is_made_again(data: PublicData, tmp_path: Path) -> None:
    with packed(data, tmp_path / "cache") as archive:
        first = archive.contents
    for told in (tmp_path / "cache").glob("*.json"):
        told.write_text("{")
    with packed(data, tmp_path / "cache") as archive:
        assert archive.contents == first


def test_the_longest_unused_archives_go_and_an_open_one_can_be_read_on(
    data: PublicData, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(packing, "MOST_BYTES", 1_500_000)
    cache = tmp_path / "cache"
    with packed(data, cache) as first:
        for number in range(3):
            (data.folder / "train.csv").write_bytes(os.urandom(600_000 + number))
            with packed(data, cache):
                pass
        kept = list(cache.glob("*.tar"))
        assert sum(f.stat().st_size for f in kept) <= 1_500_000
        assert {f.stem for f in kept} == {f.stem for f in cache.glob("*.json")}
        assert sum(len(content) for part in first.parts() for _, _, content in part) == first.contents.size


def test_a_folder_that_cannot_be_packed_is_the_host_s_fault(tmp_path: Path) -> None:
    with pytest.raises(HostError, match="cannot be packed"), packed(PublicData(tmp_path / "none"), tmp_path / "cache"):
        pass


@pytest.mark.parametrize("told", ["", "[]", '{"digest": "x", "files": 1, "size": 2}'])
def test_a_sandbox_that_tells_something_else_is_refused(told: str) -> None:
    with pytest.raises(HostError, match="/home/data"):
        matching(told, Contents("y", 1, 2), "/home/data")

"""What lies under a proper name: whole files alone, with the right modes, and none of the user's own."""

from __future__ import annotations

import os
import random
import shutil
import stat
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from mlebench_inspect.data import Store, modes
from mlebench_inspect.data.archives import unpack
from mlebench_inspect.data.jobs import Job, ignore
from mlebench_inspect.data.runner import run_job
from mlebench_inspect.tasks import competition

ID = "spaceship-titanic"
NOBODY = 65534
Archive = Callable[..., Path]


def tree(folder: Path) -> set[str]:
    return {p.relative_to(folder).as_posix() for p in folder.rglob("*")}


def inodes(folder: Path) -> set[int]:
    return {p.stat().st_ino for p in folder.rglob("*") if p.is_file()}


# ---- killed ---------------------------------------------------------------------------------------------------------

JOB = (
    "import sys; from mlebench_inspect.data.jobs import Job, ignore; from mlebench_inspect.data.runner import run_job; "
)
JOB += "run_job(Job.model_validate_json(sys.argv[1]), ignore)"


def size(folder: Path) -> int:
    """Bytes of all files, some of which may vanish meanwhile."""
    found = 0
    for here, _, names in os.walk(folder):
        for name in names:
            try:
                found += os.stat(os.path.join(here, name)).st_size
            except FileNotFoundError:
                continue
    return found


def test_a_kill_in_the_middle_of_a_file_leaves_no_part_of_it(archive: Archive, tmp_path: Path) -> None:
    given = tmp_path / "mine.zip"
    shutil.copy(archive(), given)
    block = random.Random(0).randbytes(1 << 20)
    with zipfile.ZipFile(given, "a", zipfile.ZIP_STORED) as zipped:
        for n in range(4):
            zipped.writestr(f"pictures/{n}.bin", block * 64)
        names = {i.filename for i in zipped.infolist()}
    job = Job(competition=ID, data_dir=tmp_path / "data", raw=given, verify=False, revision="v2")
    folder, generator = tmp_path / "data" / ID, random.Random(1)
    for bound in sorted(generator.randrange(256 << 20) for _ in range(6)):
        process = subprocess.Popen([sys.executable, "-c", JOB, job.model_dump_json()], stderr=subprocess.DEVNULL)
        end = time.monotonic() + 60
        while size(folder) < bound and process.poll() is None:
            assert time.monotonic() < end, "waited in vain"
        process.kill()
        process.wait(timeout=60)
        if not (folder / "raw").is_dir():
            assert {n for n in tree(folder / ".raw.partial") if not (folder / ".raw.partial" / n).is_dir()} <= names
    run_job(job, ignore)
    assert tree(folder / "raw") - {"pictures"} == names
    assert {p.name for p in folder.iterdir()} == {"raw", ".raw.json", "prepared-v2"}


def test_what_another_archive_left_is_deleted(tmp_path: Path) -> None:
    target = tmp_path / "target"
    for name in ("old.csv", "a/b/old.csv", "a/new.csv.partial-77", "old/x", "new/deeper/x"):
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        (target / name).write_text("old")
    (target / "link").symlink_to("/etc/passwd")
    (target / "linked").symlink_to("/etc")
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as zipped:
        for name in ("a/new.csv", "new", "link", "linked/passwd"):
            zipped.writestr(name, name)
        zipped.writestr("empty/", "")
    assert unpack(tmp_path / "a.zip", target, tmp_path / "scratch", ignore) == 4
    assert tree(target) == {"a", "a/new.csv", "new", "link", "linked", "linked/passwd", "empty"}
    assert not any(p.is_symlink() for p in target.rglob("*"))


# ---- modes ----------------------------------------------------------------------------------------------------------


@pytest.fixture(params=[0o077, 0o027, 0o002, 0o777], ids=oct)
def umask(request: pytest.FixtureRequest) -> Iterator[int]:
    """The host's umask."""
    if request.param == 0o777 and os.getuid() != 0:
        pytest.skip("nobody but root can work with this one")
    before = os.umask(request.param)
    yield request.param
    os.umask(before)


def assert_modes(prepared: Path) -> None:
    for part, folders, files in (("public", 0o755, 0o644), ("private", 0o700, 0o600)):
        for path in [prepared / part, *(prepared / part).rglob("*")]:
            assert stat.S_IMODE(path.stat().st_mode) == (folders if path.is_dir() else files), path
    assert not inodes(prepared / "private") & inodes(prepared / "public")


@pytest.mark.parametrize(
    "competition_id", [ID, "aerial-cactus-identification", "imet-2020-fgvc7", "detecting-insults-in-social-commentary"]
)
def test_agents_can_read_public_data_and_nobody_private_data(competition_id: str, umask: int, tmp_path: Path) -> None:
    run_job(Job(competition=competition_id, data_dir=tmp_path, data="miniature"), ignore)
    prepared = tmp_path / "miniature" / competition_id / "prepared"
    assert_modes(prepared)
    if os.getuid() == 0:
        command = ["find", ".", "-type", "f", "-exec", "cat", "{}", "+"]
        reading: dict[str, Any] = {"user": NOBODY, "group": NOBODY, "capture_output": True, "timeout": 60}
        assert subprocess.run(command, cwd=prepared / "public", **reading).returncode == 0


def test_both_revisions_keep_their_modes(tmp_path: Path) -> None:
    """Their files may be links to the same raw ones: what is public in one and private in the other."""
    found = competition("imet-2020-fgvc7")
    found.make_miniature(tmp_path / found.id / "raw")
    for path in (tmp_path / found.id / "raw").rglob("*"):
        path.chmod(0o700 if path.is_dir() else 0o600)
    for revision in ("v2", "v1", "v2"):
        store = Store(tmp_path, "real", revision)
        shutil.rmtree(store.prepared(found), ignore_errors=True)
        run_job(Job(competition=found.id, data_dir=tmp_path, revision=revision, verify=False), ignore)
        for each in [p for p in (tmp_path / found.id).glob("prepared*") if p.is_dir()]:
            assert_modes(each)


def test_modes_of_an_archive_are_not_taken_over(archive: Archive, tmp_path: Path) -> None:
    with zipfile.ZipFile(archive()) as source, zipfile.ZipFile(tmp_path / "mine.zip", "w") as zipped:
        for n, info in enumerate(source.infolist()):
            info.external_attr = (stat.S_IFREG | (0o000, 0o777, 0o400)[n % 3]) << 16
            zipped.writestr(info, source.read(info.filename))
    run_job(Job(competition=ID, data_dir=tmp_path, raw=tmp_path / "mine.zip", revision="v2", verify=False), ignore)
    assert_modes(tmp_path / ID / "prepared-v2")


def test_public_data_that_others_prepared_is_opened_where_that_is_possible(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    prepared, raw = tmp_path / ID / "prepared", tmp_path / "raw"
    competition(ID).make_miniature(raw)
    competition(ID).prepare(raw, prepared / "public", prepared / "private")
    for path in [prepared / "public", *(prepared / "public").iterdir()]:
        path.chmod(0o700 if path.is_dir() else 0o600)
    job = Job(competition=ID, data_dir=tmp_path, verify=False)
    with monkeypatch.context() as patched:
        patched.setattr(Path, "chmod", refuse)
        told = run_job(job, ignore)
    assert told.state == "already"
    assert any("cannot read" in n and str(prepared / "public") in n for n in told.notes)
    assert not any("cannot read" in n for n in run_job(job, ignore).notes)
    assert all(p.stat().st_mode & 0o004 for p in [prepared / "public", *(prepared / "public").iterdir()])


def refuse(*args: object, **options: object) -> None:
    raise PermissionError(1, "Operation not permitted")


def test_a_link_to_another_users_file_becomes_a_file_of_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for part in ("public", "private"):
        (tmp_path / "prepared" / part).mkdir(parents=True)
    (tmp_path / "theirs").write_text("x")
    (tmp_path / "theirs").chmod(0o640)
    (tmp_path / "prepared/public/a").hardlink_to(tmp_path / "theirs")
    chmod = Path.chmod
    monkeypatch.setattr(
        Path, "chmod", lambda p, mode: refuse() if p.stat().st_nlink == 2 and p.is_file() else chmod(p, mode)
    )
    modes.settle(tmp_path / "prepared")
    assert_modes(tmp_path / "prepared")
    assert (tmp_path / "prepared/public/a").read_text() == "x"
    assert stat.S_IMODE((tmp_path / "theirs").stat().st_mode) == 0o640


# ---- the user's own files -------------------------------------------------------------------------------------------


@pytest.fixture
def own_files(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """Raw files of the user's: pictures and tables that preparations would link."""
    competition(request.param).make_miniature(tmp_path / "mine")
    return tmp_path / "mine"


LINKING = [
    "cassava-leaf-disease-classification",
    "detecting-insults-in-social-commentary",
    "freesound-audio-tagging-2019",
    "histopathologic-cancer-detection",
]


@pytest.mark.parametrize("own_files", LINKING, indirect=True)
@pytest.mark.parametrize("link_raw", [False, True])
def test_the_users_files_are_linked_only_when_asked(
    own_files: Path, link_raw: bool, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    competition_id = request.node.callspec.params["own_files"]
    before = {p: (p.stat().st_mtime_ns, p.read_bytes()) for p in own_files.rglob("*") if p.is_file()}
    job = Job(competition=competition_id, data_dir=tmp_path / "data", raw=own_files, revision="v2", link_raw=link_raw)
    run_job(job, ignore)
    linked = inodes(own_files) & inodes(tmp_path / "data")
    assert bool(linked) == link_raw
    assert {p: (p.stat().st_mtime_ns, p.read_bytes()) for p in own_files.rglob("*") if p.is_file()} == before
    assert_modes(tmp_path / "data" / competition_id / "prepared-v2")


def test_raw_data_that_must_be_completed_is_copied(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The file that is not on Kaggle is put into the store's own raw folder, never into the user's."""
    found = competition("freesound-audio-tagging-2019")
    found.make_miniature(tmp_path / "mine")
    (meta,) = (tmp_path / "mine").glob("FSDKaggle2019*")
    meta.rename(tmp_path / meta.name)
    monkeypatch.setattr("mlebench_inspect.data.extra.download", lambda extra, raw, *_: put(tmp_path / meta.name, raw))
    run_job(Job(competition=found.id, data_dir=tmp_path / "data", raw=tmp_path / "mine", revision="v2"), ignore)
    assert not inodes(tmp_path / "mine") & inodes(tmp_path / "data")
    assert (tmp_path / "data" / found.id / "raw" / meta.name).exists()
    assert inodes(tmp_path / "data" / found.id / "raw") & inodes(tmp_path / "data" / found.id / "prepared-v2")


def put(source: Path, raw: Path) -> None:
    (shutil.copytree if source.is_dir() else shutil.copy)(source, raw / source.name)


@pytest.mark.parametrize("linked", ["folder", "files"])
def test_what_symbolic_links_lead_to_is_the_users(linked: str, tmp_path: Path) -> None:
    found = competition("cassava-leaf-disease-classification")
    raw = tmp_path / "data" / found.id / "raw"
    found.make_miniature(tmp_path / "mine")
    raw.parent.mkdir(parents=True)
    if linked == "folder":
        raw.symlink_to(tmp_path / "mine")
    else:
        for path in [p for p in (tmp_path / "mine").rglob("*") if p.is_file()]:
            target = raw / path.relative_to(tmp_path / "mine")
            target.parent.mkdir(parents=True, exist_ok=True)
            target.symlink_to(path)
    run_job(Job(competition=found.id, data_dir=tmp_path / "data", revision="v2", keep_raw=False), ignore)
    assert not inodes(tmp_path / "mine") & inodes(raw.parent / "prepared-v2")
    assert tree(tmp_path / "mine")

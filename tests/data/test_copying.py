"""Prepared data from one store into another, and whether a store is what it was."""

from __future__ import annotations

import json
import os
import shutil
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from mlebench_inspect.data import Manifest, PreparationError, Store, copying, ensure_prepared
from mlebench_inspect.data.contents import NAME, Contents, check
from mlebench_inspect.data.copying import copy_job
from mlebench_inspect.data.errors import DiskFullError
from mlebench_inspect.data.jobs import Job, Progress, ignore
from mlebench_inspect.data.runner import run_job
from mlebench_inspect.run.identity import data_facts
from mlebench_inspect.tasks import competition
from mlebench_inspect.tasks.preparing import time_is_forgotten

ID = "leaf-classification"
RUN = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with real data of one competition, made from miniature data."""
    folder = tmp_path_factory.mktemp("original") / "data"
    run_job(Job(competition=ID, data_dir=folder, data="miniature"), ignore)
    shutil.copytree(folder / "miniature" / ID / "raw", folder / ID / "raw")
    run_job(Job(competition=ID, data_dir=folder, verify=False), ignore)
    return folder


@pytest.fixture
def source(original: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(original, tmp_path / "source"))


def job(source: Path, into: Path, **options: bool) -> Job:
    return Job(competition=ID, data_dir=source, into=into, **options)  # type: ignore[arg-type]


def contents_of(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def test_a_copy_is_a_store_of_the_same_data(source: Path, tmp_path: Path, command: RUN) -> None:
    before = contents_of(source)
    into = tmp_path / "shared"
    done = command("prepare", ID, "--data-dir", source, "--no-verify", "--into", into)
    assert done.returncode == 0, done.stderr
    assert f"copied    {ID}" in done.stdout
    assert f"verify-store {into}" in done.stdout
    here, there = source / ID / "prepared", into / ID / "prepared"
    copied = contents_of(there)
    assert copied.pop(NAME)
    assert copied == contents_of(here)
    found = competition(ID)
    assert data_facts(Store(into), found) == data_facts(Store(source), found)
    ensure_prepared(Store(into), [found])
    modes: dict[str, set[int]] = {p.name: set() for p in there.iterdir() if p.is_dir()}
    for path in (p for p in there.rglob("*") if p.is_file() and p.parent != there):
        modes[path.relative_to(there).parts[0]].add(stat.S_IMODE(path.stat().st_mode))
        assert time_is_forgotten(path)
    assert modes == {"public": {0o644}, "private": {0o600}}
    assert not [p for p in there.parent.iterdir() if p.name.startswith(".")]
    checked = command("verify-store", into)
    assert checked.returncode == 0, checked.stderr
    assert f"{len(copied) - 1} files of public and private are right" in checked.stdout
    assert contents_of(source) == before
    again = command("prepare", ID, "--data-dir", source, "--no-verify", "--into", into, "--json")
    assert json.loads(again.stdout.splitlines()[-1])["state"] == "there"


def test_public_only_brings_no_answers_and_nothing_of_them(source: Path, tmp_path: Path, command: RUN) -> None:
    into = tmp_path / "volume"
    done = command("prepare", ID, "--data-dir", source, "--no-verify", "--into", into, "--public-only")
    assert done.returncode == 0, done.stderr
    there = into / ID / "prepared"
    assert sorted(p.name for p in there.iterdir()) == [NAME, "manifest.json", "public"]
    told = (there / NAME).read_text() + (there / "manifest.json").read_text()
    assert "private" not in told
    checked = command("verify-store", into)
    assert checked.returncode == 0, checked.stderr
    assert "files of public are right" in checked.stdout
    public = {p: p.stat().st_ino for p in (there / "public").rglob("*") if p.is_file()}
    run_job(job(source, into), ignore)
    assert public == {p: p.stat().st_ino for p in (there / "public").rglob("*") if p.is_file()}
    assert contents_of(there / "private") == contents_of(source / ID / "prepared/private")
    assert not check(there, ignore).differing
    assert run_job(job(source, into, public_only=True), ignore).state == "there"
    assert (there / "private").is_dir()


def test_an_interrupted_copy_goes_on(source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    into, fail_at = tmp_path / "shared", 3
    written: list[str] = []
    write = copying._Copy._write

    def counted(self: object, source: Path, target: Path) -> object:
        if len(written) == fail_at:
            raise KeyboardInterrupt
        written.append(target.name)
        return write(self, source, target)  # type: ignore[arg-type]

    monkeypatch.setattr(copying._Copy, "_write", counted)
    with pytest.raises(KeyboardInterrupt):
        copy_job(job(source, into), ignore)
    partial = into / ID / ".prepared.copying"
    assert len([p for p in partial.rglob("*") if p.is_file()]) == 3
    assert not (into / ID / "prepared").exists()
    spoilt = next(p for p in sorted(partial.rglob("*")) if p.is_file())
    spoilt.write_bytes(bytes(len(spoilt.read_bytes())))
    (partial / "public/of_another_time").touch()
    fail_at = -1
    copy_job(job(source, into), ignore)
    files = contents_of(source / ID / "prepared")
    assert len(written) == len(files) - 1 + 1  # without the manifest; the spoilt one twice
    copied = contents_of(into / ID / "prepared")
    assert {n: c for n, c in copied.items() if n != NAME} == files


def test_a_killed_copy_leaves_nothing_that_passes_for_whole(source: Path, tmp_path: Path, command: RUN) -> None:
    into = tmp_path / "shared"

    class Killed(BaseException):
        pass

    def kill(progress: Progress) -> None:
        if progress.files == 2 and progress.bytes:
            raise Killed

    with pytest.raises(Killed):
        copy_job(job(source, into), kill)
    assert not Store(into).is_prepared(competition(ID))
    assert "holds no prepared data" in command("verify-store", into).stderr
    done = command("prepare", ID, "--data-dir", source, "--no-verify", "--into", into)
    assert done.returncode == 0, done.stderr
    assert command("verify-store", into).returncode == 0


def test_a_changed_source_is_copied_again(source: Path, tmp_path: Path) -> None:
    into = tmp_path / "shared"
    copy_job(job(source, into), ignore)
    prepared = source / ID / "prepared"
    manifest = Manifest.read(prepared)
    assert manifest is not None
    manifest.model_copy(update={"created": "later"}).write(prepared)
    assert copy_job(job(source, into), ignore).state == "copied"
    assert copy_job(job(source, into), ignore).state == "there"


def test_a_damaged_source_is_not_passed_on(source: Path, tmp_path: Path) -> None:
    prepared = source / ID / "prepared"
    manifest = Manifest.read(prepared)
    assert manifest is not None
    name = next(n for n in manifest.files if n.endswith(".csv"))
    damage(prepared / name)
    with pytest.raises(PreparationError, match=f"{name} is damaged: its MD5 is .* prepare it again"):
        copy_job(job(source, tmp_path / "shared"), ignore)
    assert not (tmp_path / "shared" / ID / "prepared").exists()


def damage(path: Path) -> None:
    """Changes one byte, and nothing that a folder shows."""
    content, info = bytearray(path.read_bytes()), path.stat()
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    os.utime(path, ns=(info.st_atime_ns, info.st_mtime_ns))


@pytest.mark.parametrize("how", ["a byte", "lost", "cut", "added", "private"])
def test_what_is_not_right_is_named(how: str, source: Path, tmp_path: Path, command: RUN) -> None:
    into = tmp_path / "shared"
    copy_job(job(source, into), ignore)
    there = into / ID / "prepared"
    path = there / "public/train.csv"
    if how == "a byte":
        damage(path)
        told = "public/train.csv has the MD5 "
    elif how == "lost":
        path.unlink()
        told = "public/train.csv is missing"
    elif how == "cut":
        path.write_bytes(path.read_bytes()[:-1])
        told = "public/train.csv has "
    elif how == "added":
        (there / "public/more.csv").touch()
        told = f"public/more.csv is not in {NAME}"
    else:
        shutil.rmtree(there / "private")
        told = "files are not right: private/"
    done = command("verify-store", into)
    assert done.returncode == 1
    (line,) = done.stderr.splitlines()
    assert told in line
    assert line.endswith("delete what is wrong there and copy it again")
    if how == "a byte":
        path.unlink()
    assert run_job(job(source, into), ignore).state == "copied"
    assert command("verify-store", into).returncode == 0


def test_a_list_that_names_files_elsewhere_opens_none(source: Path, tmp_path: Path, command: RUN) -> None:
    into = tmp_path / "shared"
    copy_job(job(source, into), ignore)
    there = into / ID / "prepared"
    known = Contents.read(there)
    assert known is not None
    known.files["public/../../../../etc/passwd"] = known.files["public/train.csv"]
    known.write(there)
    assert check(there, ignore).differing == {"public/../../../../etc/passwd": "is missing"}
    (there / NAME).write_text('{"parts": ["public", "elsewhere"], "files": []}')
    done = command("verify-store", into)
    assert (done.returncode, "is unreadable" in done.stderr) == (1, True)
    assert "Traceback" not in done.stderr


def test_checksums_of_a_store_are_recorded_where_it_lies(source: Path, command: RUN) -> None:
    done = command("verify-store", source, ID)
    assert done.returncode == 1
    assert "have no checksum" in done.stderr
    done = command("verify-store", source, ID, "--record")
    assert done.returncode == 0, done.stderr
    done = command("verify-store", source, ID, "--json")
    assert done.returncode == 0
    told = [json.loads(line) for line in done.stdout.splitlines()]
    assert {t["competition"] for t in told if t["event"] == "done"} == {f"{ID}/prepared", f"miniature/{ID}/prepared"}
    damage(source / ID / "prepared/public/train.csv")
    assert command("verify-store", source, ID, "--record").returncode == 1


@pytest.mark.skipif(shutil.which("aws") is None, reason="needs Amazon's command line: pip install awscli")
def test_a_store_goes_over_s3(source: Path, tmp_path: Path, s3: str) -> None:
    elsewhere = tmp_path / "elsewhere"

    def run(*words: str | Path) -> subprocess.CompletedProcess[str]:
        return subprocess.run([*map(str, words)], capture_output=True, text=True, timeout=300)

    verify_store = (sys.executable, "-m", "mlebench_inspect.cli", "verify-store")
    verify, without = (*verify_store, elsewhere), [word for p in ("*/raw/*", ".*", "*/.*") for word in ("--exclude", p)]
    steps: tuple[tuple[str | Path, ...], ...] = (
        (*verify_store, source, "--record"),
        ("aws", "s3", "sync", "--only-show-errors", source, f"{s3}/store", *without),
        ("aws", "s3", "sync", "--only-show-errors", f"{s3}/store", elsewhere),
        verify,
    )
    for words in steps:
        done = run(*words)
        assert done.returncode == 0, done.stderr
    assert {p.name for p in (elsewhere / ID).iterdir()} == {"prepared"}
    assert {p.name for p in elsewhere.iterdir()} == {ID, "miniature"}
    assert f"chmod 700 {elsewhere}/{ID}/prepared/private" in " ".join(done.stdout.split())
    (elsewhere / ID / "prepared/private").chmod(0o700)
    assert f"chmod 700 {elsewhere}/{ID}/" not in run(*verify).stdout
    found = competition(ID)
    assert data_facts(Store(elsewhere), found) == data_facts(Store(source), found)
    damage(elsewhere / ID / "prepared/private/test.csv")
    assert "private/test.csv has the MD5" in run(*verify).stderr


def test_wrong_words_are_told(source: Path, tmp_path: Path, command: RUN) -> None:
    assert "holds no prepared data of dog" in command("verify-store", source, "dog").stderr
    assert "--into" in command("prepare", ID, "--public-only").stderr
    same = command("prepare", ID, "--data-dir", source, "--into", source / "." / ".")
    assert (same.returncode, "is the data folder itself" in same.stderr) == (2, True)
    (tmp_path / "closed").mkdir()
    (source / ID / "prepared/public/loop").symlink_to("..")
    done = command("prepare", ID, "--data-dir", source, "--no-verify", "--into", tmp_path / "closed")
    assert done.returncode == 1
    assert "loop is neither a file nor a folder of its own" in done.stderr


def test_what_does_not_fit_is_not_begun(source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = shutil.disk_usage(tmp_path)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage._replace(free=10))
    with pytest.raises(DiskFullError, match="has 10 bytes free"):
        copy_job(job(source, tmp_path / "shared"), ignore)

"""From zip to verified data: the whole way through the command, and what is left when it is interrupted."""

from __future__ import annotations

import hashlib
import io
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
import zipfile
from collections import deque
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from kaggle_lookalike import KEY, SIGNATURE, TOKEN, Kaggle, zip_folder
from rich.console import Console

from mlebench_inspect.cli import cli
from mlebench_inspect.data import Manifest, NotPreparedError, Store, disk, ensure_miniature, ensure_prepared, extra
from mlebench_inspect.data.display import Bars
from mlebench_inspect.data.errors import DiskFullError, PreparationError, VerificationError, WorkerDiedError
from mlebench_inspect.data.jobs import Job, Outcome, Progress, ignore
from mlebench_inspect.data.preflight import Need, Preflight
from mlebench_inspect.data.rules import Access, RulesCache, rules_page
from mlebench_inspect.data.runner import run_job
from mlebench_inspect.data.workers import run_jobs
from mlebench_inspect.tasks import Checksums, ExtraDownload, competition, competition_ids, split_ids
from mlebench_inspect.tasks.preparing import place_files

ID = "spaceship-titanic"
REAL = Path(__file__).parents[3] / "shared/data"
Command = Callable[..., "subprocess.CompletedProcess[str]"]
Archive = Callable[..., Path]


def digest(path: Path) -> str:
    return hashlib.md5(path.read_bytes(), usedforsecurity=False).hexdigest()


def sums_of(archive: Path, competition_id: str, work: Path) -> Checksums:
    """The sums of a zip and of what a preparation of its own makes of it."""
    found = competition(competition_id)
    with zipfile.ZipFile(archive) as zipped:
        zipped.extractall(work / "raw")
    found.prepare(work / "raw", work / "public", work / "private")
    parts = {
        part: {n: digest(work / part / n) for n in getattr(found.checksums, part)} for part in ("public", "private")
    }
    return Checksums(zip=digest(archive), **parts)


@pytest.fixture
def served(kaggle: Kaggle, archive: Archive, tmp_path: Path) -> Checksums:
    """Miniature data of one competition on the look-alike; its sums."""
    kaggle.archives[ID] = archive()
    sums = sums_of(kaggle.archives[ID], ID, tmp_path / "expected")
    (tmp_path / "sums.json").write_text(json.dumps({ID: sums.model_dump()}))
    return sums


@pytest.fixture
def prepare(command: Command, served: Checksums, tmp_path: Path) -> Command:
    """`prepare(...)`: the command for the served competition."""

    def run(*options: str | Path, **variables: str) -> subprocess.CompletedProcess[str]:
        given = ("--data-dir", tmp_path / "data", "--checksums", tmp_path / "sums.json")
        return command("prepare", ID, *given, "--json", *options, **variables)

    return run


def events(done: subprocess.CompletedProcess[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in done.stdout.splitlines()]


def visible(folder: Path) -> set[str]:
    return {p.name for p in folder.iterdir() if not p.name.startswith(".")} if folder.is_dir() else set()


def job(tmp_path: Path, raw: Path | None, **options: Any) -> Job:
    return Job(competition=ID, data_dir=tmp_path / "data", raw=raw, **options)


# ---- the whole way ------------------------------------------------------------------------------------------------


def test_on_a_pipe_the_text_of_a_terminal_is_printed(command: Command, tmp_path: Path) -> None:
    done = command("miniature", "spaceship-titanic", "--data-dir", tmp_path / "data")
    assert done.returncode == 0, done.stderr
    assert "\x1b" not in done.stdout
    result, following = done.stdout.splitlines()
    assert result.startswith("prepared  spaceship-titanic (")
    assert following == (
        f"next: inspect eval mlebench_inspect/spaceship-titanic -T data=miniature -T data_dir={tmp_path}/data "
        "--model PROVIDER/NAME"
    )


def test_from_kaggle_to_verified_data(prepare: Command, served: Checksums, tmp_path: Path, kaggle: Kaggle) -> None:
    done = prepare()
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    first, *_, last = events(done)
    assert first["event"] == "preflight"
    assert first["needs"][0] | {"disk_bytes": 0} == {
        "competition": ID,
        "todo": "download",
        "rules": "accepted",
        "download_bytes": kaggle.archives[ID].stat().st_size,
        "disk_bytes": 0,
        "link": "",
    }
    assert (last["event"], last["state"], last["verified"]) == ("done", "prepared", "given")
    folder = tmp_path / "data" / ID
    assert visible(folder) == {"raw", "prepared"}, "the zip is deleted once it is unpacked"
    assert {p.name for p in folder.iterdir()} == {"raw", "prepared", ".raw.json"}
    written = (folder / "prepared/manifest.json").read_text() + (folder / ".raw.json").read_text() + done.stdout
    for secret in (KEY, TOKEN, SIGNATURE, "Goog"):
        assert secret not in written
    manifest = Manifest.read(folder / "prepared")
    assert manifest is not None
    assert manifest.source.kind == "kaggle"
    assert manifest.source.zip_md5 == served.zip
    assert manifest.source.zip_verified
    assert manifest.versions["pandas"]
    assert {"prepare", "verify", "download", "unpack"} <= set(manifest.seconds)
    assert manifest.files["private/test.csv"].md5 == served.private["test.csv"]


def test_what_is_known_is_not_asked_for_again(prepare: Command, kaggle: Kaggle, tmp_path: Path) -> None:
    assert prepare().returncode == 0
    asked = len(kaggle.calls)
    done = prepare()
    assert events(done)[-1]["state"] == "already"
    assert len(kaggle.calls) == asked
    shutil.rmtree(tmp_path / "data")
    assert prepare("--no-keep-raw").returncode == 0
    assert len(kaggle.calls) == asked + 1, "the download itself; whether the rules are accepted is known"
    assert {p.name for p in (tmp_path / "data" / ID).iterdir()} == {"prepared"}


def test_a_corrupt_download_of_the_right_size_is_fetched_anew(prepare: Command, kaggle: Kaggle) -> None:
    kaggle.corrupt = 2  # the pre-flight reads no body, so the download itself gets the second one
    done = prepare()
    assert done.returncode == 0, done.stderr
    assert any("damaged" in e.get("note", "") for e in events(done))


def test_a_download_that_is_always_corrupt(prepare: Command, kaggle: Kaggle, tmp_path: Path) -> None:
    kaggle.corrupt = 99
    done = prepare()
    assert done.returncode == 1
    assert "damaged 3 times" in done.stderr
    assert visible(tmp_path / "data" / ID) == set()


def test_rules_not_accepted_do_not_stop_the_others(
    command: Command, kaggle: Kaggle, served: Checksums, archive: Archive, tmp_path: Path
) -> None:
    kaggle.archives["leaf-classification"] = archive("spooky-author-identification")
    kaggle.not_joined = {"leaf-classification"}
    done = command(
        "prepare", "leaf-classification", ID, "--data-dir", tmp_path / "data", "--checksums", tmp_path / "sums.json"
    )
    assert done.returncode == 1
    assert "https://www.kaggle.com/c/leaf-classification/rules" in done.stderr
    assert "1 of 2 competitions are not prepared" in done.stderr
    assert (tmp_path / "data" / ID / "prepared/private/test.csv").is_file()
    found = json.loads(command("status", "leaf-classification", "--data-dir", tmp_path / "data", "--json").stdout)
    assert found["rows"][0]["rules"] == "not accepted"


def test_no_credentials(prepare: Command, environment: dict[str, str], tmp_path: Path, kaggle: Kaggle) -> None:
    del environment["KAGGLE_USERNAME"], environment["KAGGLE_KEY"]
    done = prepare()
    assert done.returncode == 1
    assert events(done)[0]["needs"][0]["rules"] == "unknown"
    assert done.stderr.count("\n") == 1
    assert "https://www.kaggle.com/settings" in done.stderr
    assert kaggle.calls == []
    assert not (tmp_path / "data" / ID).exists()


def test_an_unknown_answer_is_told_as_unknown(prepare: Command, kaggle: Kaggle) -> None:
    kaggle.api_faults = deque([(500, {}, "on fire")])
    done = prepare()
    assert events(done)[0]["needs"][0]["rules"] == "unknown"
    assert done.returncode == 0


@pytest.mark.parametrize(
    "fault", ["no credentials", "wrong key", "Kaggle away", "not joined", "unknown to Kaggle", "unknown id"]
)
def test_what_can_be_prepared_is_prepared(
    fault: str,
    command: Command,
    kaggle: Kaggle,
    served: Checksums,
    archive: Archive,
    environment: dict[str, str],
    tmp_path: Path,
) -> None:
    """One competition cannot be had, and comes first; another lies there as raw data, a third as a zip."""
    beside, bad = "spooky-author-identification", "nowhere" if fault == "unknown id" else "leaf-classification"
    data = tmp_path / "data"
    shutil.copytree(tmp_path / "expected/raw", data / ID / "raw")
    (data / beside).mkdir()
    shutil.copy(archive(beside), data / beside / f"{beside}.zip")
    if fault == "no credentials":
        del environment["KAGGLE_USERNAME"], environment["KAGGLE_KEY"]
    elif fault == "wrong key":
        environment["KAGGLE_KEY"] = "wrong"
        kaggle.archives["leaf-classification"] = kaggle.archives[ID]
    elif fault == "Kaggle away":
        environment |= {"HTTP_PROXY": "http://127.0.0.1:9", "http_proxy": "http://127.0.0.1:9"}
    elif fault == "not joined":
        kaggle.archives["leaf-classification"] = kaggle.archives[ID]
        kaggle.not_joined = {"leaf-classification"}
    done = command(
        "prepare", bad, ID, beside, "--data-dir", data, "--no-verify", "--json", MLEBENCH_KAGGLE_ATTEMPTS="2"
    )
    reasons = {
        "no credentials": "no Kaggle credentials found",
        "wrong key": "Kaggle refuses the credentials",
        "Kaggle away": "the download was interrupted",
        "not joined": "rules are not accepted",
        "unknown to Kaggle": "Kaggle does not know this competition",
        "unknown id": "there is no competition 'nowhere'",
    }
    assert done.returncode == 1, done.stderr
    said = done.stderr.splitlines()
    assert len(said) == 2
    assert bad in said[0]
    assert reasons[fault] in said[0]
    assert "1 of 3 competitions are not prepared" in said[1]
    for found in (ID, beside):
        assert (data / found / "prepared/manifest.json").is_file()
    told = [e["competition"] for e in events(done) if e["event"] == "done"]
    assert told == [ID, beside]
    assert [e["competition"] for e in events(done) if e["event"] == "failed"] == [bad]


def test_one_reason_of_many_is_told_once(command: Command, environment: dict[str, str], tmp_path: Path) -> None:
    del environment["KAGGLE_USERNAME"], environment["KAGGLE_KEY"]
    done = command("prepare", "--split", "low", "--data-dir", tmp_path)
    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 2
    assert ID not in done.stderr
    assert all(i in done.stderr for i in split_ids("low"))


def test_only_unknown_ids_are_a_wrong_use(command: Command, tmp_path: Path) -> None:
    done = command("prepare", "spaceship", "--data-dir", tmp_path)
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert command("prepare", ID, "--link-raw").returncode == 2


def test_downloads_that_fit_go_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from mlebench_inspect.data import preflight

    sizes = {"leaf-classification": 700, ID: 400, "AI4Code": 900, "aptos2019-blindness-detection": 300}
    found = Preflight([Need(competition(i), "download", download=n) for i, n in sizes.items()], free=1100)
    found.needs.append(Need(competition("dog-breed-identification"), "prepare", download=0))
    preflight._refuse_what_does_not_fit(found)
    kept = [n.competition.id for n in found.possible]
    assert kept == ["dog-breed-identification", "leaf-classification", ID]
    assert all(isinstance(n.fault, DiskFullError) for n in found.needs[2:4])
    assert "AI4Code: the download alone takes 900 bytes" in str(found.needs[2].fault)
    assert found.certain == 1100


# ---- other sources ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("form", ["zip", "folder of zips", "raw folder", "folder of raw folders", "reference layout"])
def test_raw_data_of_ones_own(form: str, served: Checksums, kaggle: Kaggle, tmp_path: Path) -> None:
    archive, mine = kaggle.archives[ID], tmp_path / "mine"
    mine.mkdir()
    raw = {
        "zip": mine / "any name.zip",
        "folder of zips": mine / f"{ID}.zip",
        "raw folder": mine,
        "folder of raw folders": mine / ID,
        "reference layout": mine / ID / "raw",
    }[form]
    if raw.suffix == ".zip":
        shutil.copy(archive, raw)
    else:
        shutil.copytree(tmp_path / "expected/raw", raw, dirs_exist_ok=True)
    given = raw if form == "zip" else mine
    before = {p: p.stat() for p in mine.rglob("*") if p.is_file()}
    outcome = run_job(job(tmp_path, given, checksums=served), ignore)
    assert (outcome.state, outcome.verified) == ("prepared", "given")
    after = {p: p.stat() for p in mine.rglob("*") if p.is_file()}
    assert {p: s.st_size for p, s in after.items()} == {p: s.st_size for p, s in before.items()}
    assert kaggle.calls == []


def test_a_file_that_is_not_on_kaggle(kaggle: Kaggle, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source, raw = tmp_path / "meta", tmp_path / "raw"
    (source / "meta").mkdir(parents=True)
    raw.mkdir()
    (source / "meta/labels.csv").write_text("fname,label\n")
    kaggle.archives["demo"] = zip_folder(source, tmp_path / "meta.zip")
    monkeypatch.setattr("mlebench_inspect.data.extra.time.sleep", lambda seconds: None)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    wanted = ExtraDownload(url=f"{kaggle.url}/blob/demo/meta.zip?download=1", contains="meta/labels.csv")
    assert not extra.is_there(wanted, raw)
    kaggle.blob_faults = deque([503])
    kaggle.corrupt = 1
    extra.download(wanted, raw, tmp_path / "scratch", "demo", ignore)
    assert [p.name for p in raw.iterdir()] == ["meta.zip"]
    assert extra.is_there(wanted, raw)
    kaggle.blob_faults = deque([404] * 9)
    with pytest.raises(PreparationError, match=r"get it from .*meta\.zip.* and put it into"):
        extra.download(wanted, tmp_path, tmp_path / "scratch", "demo", ignore)


def test_nothing_fitting_in_the_given_folder(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    with pytest.raises(PreparationError, match=r"holds neither spaceship-titanic\.zip nor"):
        run_job(job(tmp_path, tmp_path / "mine"), ignore)


def test_a_damaged_zip_of_ones_own(served: Checksums, kaggle: Kaggle, tmp_path: Path) -> None:
    data = bytearray(kaggle.archives[ID].read_bytes())
    data[len(data) // 2] ^= 1
    (tmp_path / "mine.zip").write_bytes(data)
    with pytest.raises(PreparationError, match="damaged"):
        run_job(job(tmp_path, tmp_path / "mine.zip", checksums=served), ignore)
    assert visible(tmp_path / "data" / ID) == set()


def test_a_sound_zip_that_is_not_the_published_one(archive: Archive, served: Checksums, tmp_path: Path) -> None:
    other = archive(seed=1)
    with pytest.raises(VerificationError, match="sound zip, but not the published one"):
        run_job(job(tmp_path, other, checksums=served), ignore)
    outcome = run_job(job(tmp_path, other, checksums=served, verify=False), ignore)
    assert outcome.verified == "differs"
    assert any("agents see other data" in n for n in outcome.notes)


def test_data_that_was_prepared_elsewhere_is_used_as_it_is(served: Checksums, tmp_path: Path) -> None:
    prepared = tmp_path / "data" / ID / "prepared"
    for part in ("public", "private"):
        shutil.copytree(tmp_path / "expected" / part, prepared / part)
    before = {p: (p.stat().st_mtime_ns, p.stat().st_ino) for p in prepared.rglob("*.csv")}
    outcome = run_job(job(tmp_path, None, checksums=served), ignore)
    assert (outcome.state, outcome.verified) == ("already", "given")
    assert {p: (p.stat().st_mtime_ns, p.stat().st_ino) for p in prepared.rglob("*.csv")} == before
    manifest = Manifest.read(prepared)
    assert manifest is not None
    assert manifest.source.kind == "reference"


def test_data_prepared_elsewhere_that_differs(served: Checksums, tmp_path: Path) -> None:
    folder = tmp_path / "data" / ID
    for part in ("public", "private"):
        shutil.copytree(tmp_path / "expected" / part, folder / "prepared" / part)
    shutil.copytree(tmp_path / "expected/raw", folder / "raw")
    table = folder / "prepared/private/test.csv"
    lines = table.read_text().splitlines(keepends=True)
    lines[7] = lines[7].replace("True", "Wrong").replace("False", "Wrong")
    table.write_text("".join(lines[:-1]))
    with pytest.raises(VerificationError) as caught:
        run_job(job(tmp_path, None, checksums=served), ignore)
    message = str(caught.value)
    assert "1 of 4 prepared files differ" in message
    assert f"private/test.csv: {len(lines) - 2} rows instead of {len(lines) - 1}, line 8 is" in message
    assert "graded against other answers" in message
    assert "\n" not in message
    outcome = run_job(job(tmp_path, None, checksums=served, verify=False), ignore)
    assert (outcome.state, outcome.verified) == ("already", "differs")


def test_a_difference_after_preparing(served: Checksums, tmp_path: Path) -> None:
    raw = tmp_path / "expected/raw"
    table = (raw / "train.csv").read_text().splitlines(keepends=True)
    (raw / "train.csv").write_text("".join(table[:-10]))
    with pytest.raises(VerificationError) as caught:
        run_job(job(tmp_path, raw, checksums=served), ignore)
    assert "4 of 4 prepared files differ" in str(caught.value)
    assert "rows, 14 columns (PassengerId" in str(caught.value)
    assert visible(tmp_path / "data" / ID) == set()
    assert not (tmp_path / "data" / ID / ".prepared.partial").exists()


@pytest.mark.skipif(not REAL.is_dir(), reason="no real data beside the checkout (it is not part of the project)")
def test_kaggles_own_zip_gives_the_published_files(tmp_path: Path) -> None:
    given = REAL / "playground-series-s3e18/playground-series-s3e18.zip"
    outcome = run_job(Job(competition="playground-series-s3e18", data_dir=tmp_path / "data", raw=given), ignore)
    assert (outcome.state, outcome.verified, outcome.notes) == ("prepared", "published", [])
    manifest = Manifest.read(tmp_path / "data/playground-series-s3e18/prepared")
    assert manifest is not None
    assert manifest.source.zip_verified


# ---- interruptions ------------------------------------------------------------------------------------------------


@pytest.fixture
def hanging(tmp_path: Path, served: Checksums) -> Path:
    """Raw data whose reading never ends: a pipe in place of `train.csv`."""
    raw = tmp_path / "hanging"
    raw.mkdir()
    os.mkfifo(raw / "train.csv")
    return raw


def wait_until(condition: Callable[[], Any], seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.02)


def children(pid: int) -> list[int]:
    return [int(p) for t in Path(f"/proc/{pid}/task").glob("*/children") for p in t.read_text().split()]


@pytest.mark.skipif(not Path("/proc/self/task").is_dir(), reason="needs /proc")
@pytest.mark.parametrize("ending", ["worker killed", "command killed", "interrupted"])
def test_an_end_during_preparation(
    ending: str, hanging: Path, served: Checksums, environment: dict[str, str], tmp_path: Path
) -> None:
    folder = tmp_path / "data" / ID
    arguments = ["prepare", ID, "--data-dir", str(tmp_path / "data"), "--raw", str(hanging)]
    process = subprocess.Popen(
        [sys.executable, "-m", "mlebench_inspect.cli", *arguments],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # a shell's background job ignores it
    )
    wait_until((folder / ".prepared.partial/public").is_dir)
    (worker,) = children(process.pid)
    if ending == "worker killed":
        os.kill(worker, signal.SIGKILL)
    elif ending == "command killed":
        process.kill()
    else:
        process.send_signal(signal.SIGINT)
    _, stderr = process.communicate(timeout=60)
    wait_until(lambda: not Path(f"/proc/{worker}").exists() or not Path(f"/proc/{worker}/cmdline").read_bytes())
    if ending == "worker killed":
        assert process.returncode == 1
        assert "was ended by signal 9 (out of memory?)" in stderr
        assert stderr.count("\n") == 1
    elif ending == "interrupted":
        assert process.returncode == 130
        assert stderr == "mlebench-inspect: interrupted; run the same command to go on\n"
    assert visible(folder) == set()
    outcome = run_job(job(tmp_path, tmp_path / "expected/raw", checksums=served), ignore)
    assert outcome.verified == "given"
    assert {p.name for p in folder.iterdir()} == {"prepared"}


def test_unpacking_goes_on_where_it_was_interrupted(served: Checksums, kaggle: Kaggle, tmp_path: Path) -> None:
    from mlebench_inspect.data.archives import unpack

    source = tmp_path / "many"
    source.mkdir()
    for n in range(20):
        (source / f"{n}.bin").write_bytes(random.Random(n).randbytes(1000))
    archive, target = zip_folder(source, tmp_path / "many.zip"), tmp_path / "target"

    def stop(progress: Progress) -> None:
        if progress.files == 7:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        unpack(archive, target, tmp_path / "scratch", stop)
    kept = {p.name: p.stat().st_ino for p in target.iterdir()}
    assert len(kept) == 7
    spoilt = next(p for p in target.iterdir())
    spoilt.write_bytes(bytes(1000))
    assert unpack(archive, target, tmp_path / "scratch", ignore) == 20
    assert {p.name: p.read_bytes() for p in target.iterdir()} == {p.name: p.read_bytes() for p in source.iterdir()}
    assert all((target / n).stat().st_ino == i for n, i in kept.items() if n != spoilt.name)


@pytest.mark.parametrize("name", ["../evil", "/etc/evil", "a/../../evil", "C:\\evil", "..\\evil"])
def test_unsafe_names_are_refused(name: str, tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "evil.zip", "w") as zipped:
        zipped.writestr(zipfile.ZipInfo(name), "x")
    with pytest.raises(PreparationError, match="unsafe member name"):
        run_job(job(tmp_path, tmp_path / "evil.zip", verify=False), ignore)
    assert not list(tmp_path.rglob("evil"))


def test_links_in_a_zip_are_refused(tmp_path: Path) -> None:
    link = zipfile.ZipInfo("train.csv")
    link.external_attr = 0o120777 << 16
    with zipfile.ZipFile(tmp_path / "evil.zip", "w") as zipped:
        zipped.writestr(link, "/etc/passwd")
    with pytest.raises(PreparationError, match="no plain file"):
        run_job(job(tmp_path, tmp_path / "evil.zip", verify=False), ignore)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 400 kB."""
    mounted = tmp_path / "small"
    mounted.mkdir()
    if os.getuid() != 0 or shutil.which("mount") is None:
        pytest.skip("a small file system can only be mounted by root")
    made = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=400k", "tmpfs", mounted], capture_output=True, timeout=60, text=True
    )
    if made.returncode:
        pytest.skip(f"no small file system: {made.stderr.strip()}")
    yield mounted
    subprocess.run(["umount", mounted], check=True, timeout=60)


def test_a_disk_that_is_full_while_downloading(
    kaggle: Kaggle, download: Callable[..., dict[str, Any]], small_disk: Path, tmp_path: Path
) -> None:
    (tmp_path / "demo.zip").write_bytes(random.Random(0).randbytes(1_000_000))
    kaggle.archives["demo"] = tmp_path / "demo.zip"
    result = download("demo", small_disk / "demo/.download")
    assert result["error"] == "DiskFullError"
    assert "no space left" in result["message"]
    subprocess.run(["mount", "-o", "remount,size=4m", small_disk], check=True, timeout=60)
    result = download("demo", small_disk / "demo/.download")
    assert Path(result["path"]).read_bytes() == (tmp_path / "demo.zip").read_bytes()


def test_a_disk_that_is_full_while_unpacking(small_disk: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "big.zip", "w", zipfile.ZIP_DEFLATED) as zipped:
        zipped.writestr("train.csv", bytes(1_000_000))
    given = Job(competition=ID, data_dir=small_disk / "data", raw=tmp_path / "big.zip", verify=False)
    with pytest.raises(DiskFullError, match=r"unpacking needs 1\.0 MB, but"):
        run_job(given, ignore)
    assert visible(small_disk / "data" / ID) == set()


def test_a_disk_that_is_full_while_preparing(small_disk: Path, served: Checksums, tmp_path: Path) -> None:
    data = small_disk / "data"
    (data / "ballast").parent.mkdir()
    raw = tmp_path / "expected/raw"
    (data / "ballast").write_bytes(bytes(380_000))
    given = Job(competition=ID, data_dir=data, raw=raw, checksums=served)
    with pytest.raises(DiskFullError, match=r"no space left in .*free some or choose another --data-dir"):
        run_job(given, ignore)
    assert visible(data / ID) == set()
    (data / "ballast").unlink()
    assert run_job(given, ignore).verified == "given"


# ---- several at once ----------------------------------------------------------------------------------------------

ONE_OF_TWELVE = """
import sys
from mlebench_inspect.data.jobs import Job
from mlebench_inspect.data.workers import run_jobs
(result,) = run_jobs([Job.model_validate_json(sys.argv[1])]).values()
print(getattr(result, "state", result))
"""


def test_twelve_processes_prepare_once(
    kaggle: Kaggle, served: Checksums, environment: dict[str, str], tmp_path: Path
) -> None:
    given = job(tmp_path, None, checksums=served).model_dump_json()
    processes = [
        subprocess.Popen([sys.executable, "-c", ONE_OF_TWELVE, given], env=environment, stdout=subprocess.PIPE)
        for _ in range(12)
    ]
    said = sorted(p.communicate(timeout=120)[0].decode().strip() for p in processes)
    assert said == ["already"] * 11 + ["prepared"]
    assert kaggle.calls.count("DownloadDataFiles") == 1
    assert {p.name for p in (tmp_path / "data" / ID).iterdir()} == {"raw", "prepared", ".raw.json"}


def test_ensure_prepared_prepares_what_is_missing(served: Checksums, tmp_path: Path) -> None:
    """In revision v2, for which nothing is published that miniature data could not have."""
    store = Store.open(tmp_path / "data", revision="v2")
    shutil.copytree(tmp_path / "expected/raw", store.raw(competition(ID)))
    ensure_prepared(store, [competition(ID)], prepare=True)
    ensure_prepared(store, [competition(ID)], prepare=False)
    assert visible(tmp_path / "data" / ID) == {"raw", "prepared-v2"}


def test_ensure_prepared_names_the_command(tmp_path: Path) -> None:
    with pytest.raises(NotPreparedError) as caught:
        ensure_prepared(Store.open(tmp_path), [competition(ID), competition("leaf-classification")], prepare=False)
    assert f"mlebench-inspect prepare {ID} leaf-classification --data-dir {tmp_path}" in str(caught.value)
    assert "-T prepare=true" in str(caught.value)


def test_miniature_data_is_made_once_and_again_for_another_seed(tmp_path: Path) -> None:
    store, found = Store.open(tmp_path, "miniature"), competition(ID)
    ensure_miniature(store, [found])
    made = store.private(found).stat().st_ino
    ensure_miniature(store, [found])
    assert store.private(found).stat().st_ino == made
    ensure_miniature(store, [found], seed=3)
    manifest = Manifest.read(store.prepared(found))
    assert manifest is not None
    assert (manifest.seed, manifest.data, manifest.verified) == (3, "miniature", "no")
    assert {p.name for p in (tmp_path / "miniature" / ID).iterdir()} == {"raw", "prepared", ".raw.json"}


def test_a_worker_that_dies_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/bin/false")
    (result,) = run_jobs([job(tmp_path, None)]).values()
    assert isinstance(result, WorkerDiedError)
    assert "ended with exit code 1" in str(result)


def test_results_come_in_the_order_of_the_jobs(tmp_path: Path) -> None:
    ids = [ID, "spooky-author-identification", "nowhere"]
    jobs = [Job(competition=i, data_dir=tmp_path, data="miniature") for i in ids]
    results = run_jobs(jobs, 2, reuse=True)
    assert list(results) == ids
    assert [isinstance(r, Outcome) for r in results.values()] == [True, True, False]
    assert "there is no competition 'nowhere'" in str(results["nowhere"])


# ---- disk ---------------------------------------------------------------------------------------------------------


def test_equal_files_are_shared_between_raw_and_prepared(tmp_path: Path) -> None:
    raw, prepared = tmp_path / "raw", tmp_path / "prepared"
    for folder in (raw / "a", prepared / "public/b"):
        folder.mkdir(parents=True)
        (folder / "same.bin").write_bytes(b"x" * 10_000)
        (folder / "other.bin").write_bytes(folder.name.encode() * 10_000)
    before = disk.used([tmp_path])
    assert disk.share(raw, prepared) == 10_000
    assert (raw / "a/same.bin").samefile(prepared / "public/b/same.bin")
    assert not (raw / "a/other.bin").samefile(prepared / "public/b/other.bin")
    assert before - disk.used([tmp_path]) >= 8192
    assert disk.share(raw, prepared) == 0


def test_files_made_anew_are_not_shared(tmp_path: Path) -> None:
    raw, prepared = tmp_path / "raw", tmp_path / "prepared"
    raw.mkdir()
    (raw / "same.bin").write_bytes(b"x" * 10_000)
    place_files([(raw / "same.bin", prepared / "same.bin")], fresh=True)
    assert disk.share(raw, prepared) == 0
    assert not (raw / "same.bin").samefile(prepared / "same.bin")


def test_status(served: Checksums, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    RulesCache("ada").put({ID: Access(True, 1), "leaf-classification": Access(False), "AI4Code": Access(None)})
    run_job(job(tmp_path, tmp_path / "expected/raw", checksums=served), ignore)
    data = tmp_path / "data"
    shutil.copytree(data / ID, data / "aptos2019-blindness-detection")
    for name in ("public", "private"):
        found = competition("aptos2019-blindness-detection")
        path = (
            data / found.id / "prepared" / getattr(found, {"public": "sample_submission", "private": "answers"}[name])
        )
        path.touch()
    (data / "aptos2019-blindness-detection/prepared/manifest.json").unlink()
    ids = [ID, "aptos2019-blindness-detection", "leaf-classification", "AI4Code"]
    result = CliRunner().invoke(cli, ["status", *ids, "--data-dir", str(data), "--json"])
    rows = {r["id"]: r for r in json.loads(result.output)["rows"]}
    assert [rows[i]["prepared"]["v1"] for i in ids] == ["verified (given sums)", "not verified", "missing", "missing"]
    assert [rows[i]["rules"] for i in ids] == ["accepted", "unknown", "not accepted", "unknown"]
    assert rows[ID]["disk_bytes"] >= rows[ID]["prepared_bytes"] > 0
    shown = CliRunner().invoke(cli, ["status", *ids, "--data-dir", str(data)]).output
    assert "2 of 4 prepared, 0 verified" in shown
    assert "rules not accepted: https://www.kaggle.com/c/leaf-classification/rules" in shown


def test_a_terminal_shows_needs_bars_and_results(capsys: pytest.CaptureFixture[str]) -> None:
    found, asked = competition(ID), competition("leaf-classification")
    link = rules_page(asked.kaggle_slug)
    needs = [Need(found, "nothing", disk=0), Need(asked, "download", "not accepted", 2_000_000, 9_000_000, link=link)]
    out = io.StringIO()
    with Bars(2, Console(file=out, force_terminal=True, width=100, color_system=None)) as bars:
        bars.preflight(Preflight(needs, free=10**9, credentials="kaggle.json (ada)"))
        for done in (0, 500_000, 2_000_000):
            bars.progress(ID, Progress(stage="download", bytes=done, total_bytes=2_000_000, note="[x]"))
            bars.bars.refresh()
        bars.result(ID, Outcome(competition=ID, state="prepared", verified="published", notes=["a [note]"]))
        bars.result(asked.id, PreparationError("no"))
    shown = out.getvalue() + capsys.readouterr().out
    for text in (
        link,
        "9.0 MB",
        "1.0 GB free",
        "1 prepared already",
        "download: [x]",
        "a [note]",
        "published checksums",
    ):
        assert text in shown
    assert "failed" in shown


# ---- all of them --------------------------------------------------------------------------------------------------


def test_all_competitions_from_zip_to_verified_data_in_one_command(
    kaggle: Kaggle, command: Command, tmp_path: Path
) -> None:
    """Archives are generated; the sums are those of a preparation apart from the one under test."""
    ids = competition_ids()
    first, second = tmp_path / "first", tmp_path / "second"
    made = command("miniature", *ids, "--data-dir", first)
    assert made.returncode == 0, made.stderr
    sums = {}
    for found in map(competition, ids):
        root = first / "miniature" / found.id
        kaggle.archives[found.kaggle_slug] = zip_folder(root / "raw", tmp_path / f"{found.id}.zip")
        sums[found.id] = {
            "zip": digest(kaggle.archives[found.kaggle_slug]),
            "public": {n: digest(root / "prepared/public" / n) for n in found.checksums.public},
            "private": {n: digest(root / "prepared/private" / n) for n in found.checksums.private},
        }
    (tmp_path / "sums.json").write_text(json.dumps(sums))
    done = command(
        "prepare", *ids, "--data-dir", second, "--checksums", tmp_path / "sums.json", "--jobs", "2", "--json"
    )
    assert done.returncode == 0, done.stderr
    for found in map(competition, ids):
        manifest = Manifest.read(second / found.id / "prepared")
        assert manifest is not None
        assert (found.id, manifest.verified, manifest.source.zip_verified) == (found.id, "given", True)
        assert visible(second / found.id) == {"raw", "prepared"}
    needs = events(done)[0]["needs"]
    assert {n["rules"] for n in needs} == {"accepted"}

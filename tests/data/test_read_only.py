"""Prepared data in a folder that cannot be written: it serves, and nothing is tried."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from mlebench_inspect.data import Store
from mlebench_inspect.data.contents import check, record
from mlebench_inspect.data.copying import copy_job
from mlebench_inspect.data.jobs import Job, ignore
from mlebench_inspect.data.runner import run_job
from mlebench_inspect.tasks import competition

ID, OTHER = "spaceship-titanic", "leaf-classification"
Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A data folder with real and miniature data of one competition, both with manifests."""
    folder = tmp_path / "data"
    run_job(Job(competition=ID, data_dir=folder, data="miniature"), ignore)
    shutil.copytree(folder / "miniature" / ID / "raw", folder / ID / "raw")
    run_job(Job(competition=ID, data_dir=folder, verify=False), ignore)
    shutil.rmtree(folder / ".locks")
    return folder


@pytest.fixture
def read_only(data: Path, environment: dict[str, str]) -> Run:
    """`read_only(*command)`: runs Python with the data folder mounted read-only."""
    mount = f"mount --bind {data} {data} && mount -o remount,bind,ro {data}"
    try:
        possible = subprocess.run(["unshare", "-m", "sh", "-c", mount], capture_output=True, timeout=60).returncode == 0
    except FileNotFoundError:
        possible = False
    if os.getuid() != 0 or not possible:
        pytest.skip("a read-only mount can only be made by root")

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = ["unshare", "-m", "sh", "-c", f'{mount} && exec "$@"', "sh", sys.executable, *arguments]
        return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=300)

    return run


ENSURE = """
import sys
from mlebench_inspect.data import Store, ensure_miniature, ensure_prepared
from mlebench_inspect.tasks import competition
sys.executable = "/bin/false"  # no worker could be started
found = [competition(sys.argv[2])]
ensure_prepared(Store.open(sys.argv[1]), found, prepare=sys.argv[3] == "prepare")
ensure_miniature(Store.open(sys.argv[1]), found)
"""


@pytest.mark.parametrize("how", ["plain", "prepare"])
@pytest.mark.parametrize("manifest", [True, False])
def test_a_run_uses_what_is_there(how: str, manifest: bool, data: Path, read_only: Run) -> None:
    if not manifest:
        (data / ID / "prepared/manifest.json").unlink()
    done = read_only("-c", ENSURE, str(data), ID, how)
    assert done.returncode == 0, done.stderr
    assert f"{ID}: {'differs from the published data' if manifest else 'not verified'}" in done.stderr
    assert not (data / ".locks").exists()


def test_a_run_that_lacks_something_names_the_folder(data: Path, read_only: Run) -> None:
    shutil.copytree(data / ID / "raw", data / OTHER / "raw")
    done = read_only("-c", ENSURE.replace("/bin/false", sys.executable), str(data), OTHER, "prepare")
    assert f"{OTHER}: {data} cannot be written (Read-only file system); choose another --data-dir" in done.stderr


EVAL = """
import sys
from inspect_ai import eval
from mlebench_inspect._registry import baseline
from mlebench_inspect.benchmark import TASKS
options = dict(data_dir=sys.argv[1], sandbox="local", hardware="lite", prepare=True)
tasks = [TASKS[sys.argv[2]](data=data, **options) for data in ("real", "miniature")]
for log in eval(tasks, model=None, solver=baseline(), log_dir=sys.argv[3], display="none"):
    assert log.status == "success", log.error
    (score,) = log.samples[0].scores.values()
    assert score.value["valid"] == 1, score.explanation
"""


def test_runs_are_prepared_and_graded(data: Path, read_only: Run, tmp_path: Path) -> None:
    done = read_only("-c", EVAL, str(data), ID, str(tmp_path / "logs"))
    assert done.returncode == 0, done.stderr
    assert not (data / ".locks").exists()


@pytest.mark.parametrize(
    "command",
    ["status spaceship-titanic", "doctor", "list --prepared --split dev --data-dir DATA", "verify-store DATA"],
)
def test_commands_look_at_it(command: str, data: Path, read_only: Run) -> None:
    record(data / ID / "prepared", ignore)
    record(data / "miniature" / ID / "prepared", ignore)
    words = [str(data) if word == "DATA" else word for word in command.split()]
    given = [] if "DATA" in command else ["--data-dir", str(data)]
    done = read_only("-m", "mlebench_inspect.cli", *words, *given)
    assert done.returncode == 0 or command == "doctor", done.stderr
    assert ID in done.stdout or command == "doctor"
    assert "Traceback" not in done.stderr


def test_it_is_copied_from_without_a_lock(data: Path, read_only: Run, tmp_path: Path) -> None:
    words = ["prepare", ID, "--data-dir", str(data), "--no-verify", "--into", str(tmp_path / "here")]
    done = read_only("-m", "mlebench_inspect.cli", *words)
    assert done.returncode == 0, done.stderr
    assert not check(tmp_path / "here" / ID / "prepared", ignore).differing


def test_nothing_is_copied_or_recorded_into_it(data: Path, read_only: Run, tmp_path: Path) -> None:
    copy_job(Job(competition=ID, data_dir=data, into=tmp_path / "here"), ignore)
    shutil.rmtree(data / ID / "prepared")
    words = ["prepare", ID, "--data-dir", str(tmp_path / "here"), "--no-verify", "--into", str(data)]
    done = read_only("-m", "mlebench_inspect.cli", *words)
    assert done.returncode == 1
    assert f"{ID}: {data}/.locks: Read-only file system" in done.stderr
    done = read_only("-m", "mlebench_inspect.cli", "verify-store", str(data), "--record")
    assert done.returncode == 1
    assert "contents.json cannot be written: Read-only file system" in done.stderr


@pytest.mark.parametrize("manifest", [True, False])
def test_the_command_verifies_and_says_that_it_cannot_note_it(manifest: bool, data: Path, read_only: Run) -> None:
    if not manifest:
        (data / ID / "prepared/manifest.json").unlink()
    done = read_only("-m", "mlebench_inspect.cli", "prepare", ID, "--data-dir", str(data), "--no-verify", "--json")
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout.splitlines()[-1])
    assert (told["event"], told["state"], told["verified"]) == ("done", "already", "differs")
    noted = any("no manifest could be written (Read-only file system)" in n for n in told["notes"])
    assert noted == (not manifest)
    done = read_only("-m", "mlebench_inspect.cli", "prepare", ID, "--data-dir", str(data))
    assert done.returncode == 1
    assert "prepared files differ from the published ones" in done.stderr


def test_a_lock_of_another_user_is_no_obstacle(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(path: Path, **options: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("mlebench_inspect.data.runner.locked", refuse)
    assert run_job(Job(competition=ID, data_dir=data, verify=False), ignore).state == "already"


def test_answers_of_another_user_are_not_taken_for_missing(data: Path) -> None:
    if os.getuid() != 0:
        pytest.skip("needs two users")
    for folder in (data, *data.parents):
        if folder.stat().st_mode & 0o001 == 0 and folder.is_relative_to("/tmp"):
            folder.chmod(folder.stat().st_mode | 0o011)
    before = os.geteuid()
    os.seteuid(65534)
    try:
        with pytest.raises(PermissionError):
            Store(data).is_prepared(competition(ID))
    finally:
        os.seteuid(before)

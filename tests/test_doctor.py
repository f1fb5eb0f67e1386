"""The doctor: each lack is one line with its mend, Inspect's demands are its own, and nothing makes it crash."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
from itertools import product
from pathlib import Path
from typing import Any

import anyio
import pytest
from inspect_ai._util.error import PrerequisiteError
from inspect_ai.util._sandbox.docker import mounts, prereqs

from fake_docker import GIB, FakeDocker, engine_info, put_on_path, runtimes
from mlebench_inspect.doctor import Finding, examine

DEMANDS = ("docker", "kernel", "runtime", "api", "compose")
PODMAN = {
    "ServerVersion": "4.3.1",
    "ProductLicense": "Apache-2.0",
    "OperatingSystem": "debian",
    "DefaultRuntime": "crun",
}


@pytest.fixture
def docker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakeDocker:
    (tmp_path / "fake").mkdir()
    return put_on_path(tmp_path / "fake", monkeypatch)


def missing(data_dir: Path) -> list[Finding]:
    return [f for f in examine(data_dir) if f.state == "missing" and not f.name.startswith("image")]


def inspect_accepts() -> bool:
    async def validate() -> None:
        await prereqs.validate_prereqs()
        await mounts._validate_read_only_support({None: "data"})

    try:
        anyio.run(validate)
    except PrerequisiteError:
        return False
    return True


def test_a_fit_engine_misses_nothing(docker: FakeDocker, tmp_path: Path) -> None:
    assert missing(tmp_path) == []
    assert inspect_accepts()


@pytest.mark.parametrize(
    ("name", "changes", "words"),
    [
        ("docker", {"ServerVersion": "24.0.9"}, "install 25 or newer"),
        ("docker", PODMAN | {"Runtimes": {"crun": {"path": "crun"}}}, "Podman"),
        ("kernel", {"KernelVersion": "4.18.0-553.el8_10.x86_64"}, "Linux 5.12 or newer"),
        ("kernel", {"KernelVersion": ""}, "Linux 5.12 or newer"),
        ("runtime", {"Runtimes": runtimes(recursive=False)}, "install runc 1.1 or newer"),
        ("runtime", {"DefaultRuntime": "runsc", "Runtimes": {"runsc": {"path": "runsc"}}}, "runsc reports no"),
        ("hardware", {"MemoryLimit": False, "CpuCfsQuota": False}, "no limits on memory, CPUs; rootless"),
    ],
)
def test_each_lack_of_an_engine_is_one_line(
    docker: FakeDocker, tmp_path: Path, name: str, changes: dict[str, Any], words: str
) -> None:
    docker.answers(engine_info(**changes))
    (found,) = missing(tmp_path)
    assert found.name == name
    assert words in found.text
    assert "\n" not in found.text
    assert inspect_accepts() is (name == "hardware")


def test_a_small_engine_is_noted_beside_this_host(docker: FakeDocker, tmp_path: Path) -> None:
    docker.answers(engine_info(NCPU=1, MemTotal=2 * GIB, OperatingSystem="Docker Desktop"))
    (hardware,) = [f for f in examine(tmp_path) if f.name == "hardware"]
    assert hardware.state == "note"
    assert "1 CPUs, 2.0 GiB (this host:" in hardware.text
    assert "Docker Desktop: Settings, Resources" in hardware.text


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"OperatingSystem": "Docker Desktop"}, "Docker Desktop"),
        ({"SecurityOptions": ["name=seccomp,profile=builtin", "name=rootless", "name=cgroupns"]}, "rootless"),
        ({"SecurityOptions": ["name=selinux"]}, "SELinux"),
        ({"SecurityOptions": None, "Runtimes": None, "KernelVersion": None}, "28.5.1, Ubuntu"),
    ],
)
def test_the_kind_of_engine_is_told(docker: FakeDocker, tmp_path: Path, changes: dict[str, Any], words: str) -> None:
    docker.answers(engine_info(**changes))
    assert words in next(f.text for f in examine(tmp_path) if f.name == "docker")


def test_the_doctor_and_inspect_agree_on_every_engine(
    docker: FakeDocker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    engines = ["24.0.9", "25.0.0", "26.1.5+dfsg1", "28.5.1", "28.5", "27.0.0-rc.1", "dev"]
    kernels = ["4.18.0-553.el8", "5.11.22", "5.12.0", "5.9", "6.8.0-45-generic", "6", "6.x", "five", ""]
    composes = ["2.21.0", "2.23.3", "2.24.0", "v2.24.1", "2.26.1-4", "2.24.0-rc.1", "5.0.0+ds1", "2.40"]
    apis = [None, "1.43", "1.44", "1.50", "2.0", "1", "v1.44", "1.44-x", "1.45.1", ""]
    fit = [("28.5.1", "6.8.0", True, "2.40.0", None)]
    changes: tuple[list[Any], ...] = (engines, kernels, [False], composes, apis)
    single = [tuple(new if i == j else old for j, old in enumerate(fit[0]))  # one thing changed
              for i, news in enumerate(changes) for new in news]  # fmt: skip
    chosen = single + random.Random(1).sample(list(product(engines, kernels, [True, False], composes, apis)), 30)
    verdicts = set()
    for version, kernel, recursive, compose, api in chosen:
        info = engine_info(ServerVersion=version, KernelVersion=kernel, Runtimes=runtimes(recursive=bool(recursive)))
        docker.answers(info, compose=str(compose))
        monkeypatch.delenv("DOCKER_API_VERSION", raising=False)
        if api is not None:
            monkeypatch.setenv("DOCKER_API_VERSION", str(api))
        lacks = [f for f in missing(tmp_path) if f.name in DEMANDS]
        assert inspect_accepts() is (not lacks), (version, kernel, recursive, compose, api, lacks)
        verdicts.add(not lacks)
    assert verdicts == {True, False}


def run_doctor(*arguments: str, **changes: str | None) -> subprocess.CompletedProcess[str]:
    env = {k: v for k, v in {**os.environ, **changes}.items() if v is not None}
    command = [sys.executable, "-m", "mlebench_inspect.cli", "doctor", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, env=env)


def assert_lines(result: subprocess.CompletedProcess[str], *words: str) -> None:
    assert result.returncode in (0, 1), result.stderr
    assert "Traceback" not in result.stderr
    lines = result.stdout.splitlines()
    assert all(line[:2] in ("ok", "--", "!!") for line in lines)
    assert {"kaggle", "disk"} <= {line.split()[1] for line in lines if len(line.split()) > 1}
    for word in words:
        assert word in result.stdout


@pytest.mark.parametrize("script", [None, "exit 1", "echo garbage", "echo '{}'", "kill -9 $$"])
def test_no_docker_or_a_broken_one(docker: FakeDocker, tmp_path: Path, script: str | None) -> None:
    if script is not None:
        docker.runs(script)
    result = run_doctor(**({"PATH": str(tmp_path)} if script is None else {}))
    assert_lines(result, "!!  docker")
    assert result.returncode == 1


def test_docker_that_breaks_after_the_first_answer(docker: FakeDocker) -> None:
    info = json.dumps(engine_info())
    docker.runs(f"case $1 in info) echo '{info}' ;; *) echo garbage; echo oh >&2 ;; esac".replace("\\", "\\\\"))
    assert_lines(run_doctor(), "!!  compose", "--  containers")


def test_no_home_and_no_name(docker: FakeDocker) -> None:
    assert_lines(run_doctor(HOME=None, USER=None))
    assert_lines(run_doctor(HOME="/dev/null"))


def test_a_data_folder_that_cannot_be_one(docker: FakeDocker, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "loop").symlink_to("loop")
    assert_lines(run_doctor("--data-dir", str(tmp_path / "file/data")), "is not a folder; choose another")
    assert_lines(run_doctor("--data-dir", str(tmp_path / "none/data")), "is made when data is prepared")
    assert "Traceback" not in run_doctor("--data-dir", str(tmp_path / "loop")).stderr
    result = run_doctor(MLEBENCH_DATA_DIR="~nobody-of-that-name/data")
    assert "Traceback" not in result.stderr
    assert "data" in result.stdout


@pytest.mark.parametrize(("mode", "words"), [(0o000, "cannot be read; chmod"), (0o555, "cannot be written")])
def test_a_data_folder_without_rights(docker: FakeDocker, open_folder: Path, mode: int, words: str) -> None:
    folder = open_folder / "data"
    folder.mkdir()
    folder.chmod(mode)
    code = (
        "import os, sys, pathlib\nfrom mlebench_inspect.doctor.data import examine_data\n"
        "if os.geteuid() == 0: os.setgroups([]); os.setgid(65534); os.setuid(65534)\n"
        "print(*examine_data(pathlib.Path(sys.argv[1])), sep='\\n')"
    )
    command = [sys.executable, "-c", code, str(folder)]
    result = subprocess.run(command, capture_output=True, text=True, timeout=120)
    folder.chmod(0o755)
    assert words in result.stdout, result.stderr


def kaggle_finding(tmp_path: Path) -> Finding:
    return next(f for f in examine(tmp_path) if f.name == "kaggle")


@pytest.fixture
def home(docker: FakeDocker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("KAGGLE_API_TOKEN", "KAGGLE_USERNAME", "KAGGLE_KEY", "KAGGLE_CONFIG_DIR", "XDG_CONFIG_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    (tmp_path / "home/.kaggle").mkdir(parents=True)
    return tmp_path / "home"


def test_without_credentials(home: Path, tmp_path: Path) -> None:
    assert "make a token" in kaggle_finding(tmp_path).text


@pytest.mark.parametrize("name", ["access_token", "access_token.txt", "credentials.json", "kaggle.json"])
def test_credentials_are_the_downloaders(home: Path, tmp_path: Path, name: str) -> None:
    (home / ".kaggle" / name).write_text('{"username": "u", "key": "k", "refresh_token": "t"}')
    found = kaggle_finding(tmp_path)
    assert found.state == "ok"
    assert str(home / ".kaggle" / name) in found.text


@pytest.mark.parametrize(
    "content", [b"", b"{", b"[]", b"\xff\xfe", b'{"username": "u"}', b'{"username": "", "key": 1}']
)
def test_a_broken_kaggle_json_is_told(home: Path, tmp_path: Path, content: bytes) -> None:
    (home / ".kaggle/kaggle.json").write_bytes(content)
    found = kaggle_finding(tmp_path)
    assert found.state == "note"
    assert "https://www.kaggle.com/settings" in found.text


def test_a_kaggle_folder_that_cannot_be_made(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("KAGGLE_API_TOKEN", "secret")
    monkeypatch.setenv("KAGGLE_CONFIG_DIR", str(tmp_path / "file/kaggle"))
    found = kaggle_finding(tmp_path)
    assert "set KAGGLE_CONFIG_DIR to a folder" in found.text
    assert "secret" not in found.text


def test_answers_that_others_can_read_are_noted_with_a_mend_that_works(docker: FakeDocker, open_folder: Path) -> None:
    for name in ("one/prepared", "two/prepared-v2"):
        (open_folder / name / "private").mkdir(parents=True, mode=0o755)
    (found,) = [f for f in examine(open_folder) if f.name == "answers"]
    assert "2 competitions" in found.text
    open_folder.chmod(0o750)
    assert not [f for f in examine(open_folder) if f.name == "answers"]
    open_folder.chmod(0o755)
    subprocess.run(["bash", "-c", found.text.partition("run: ")[2]], check=True, timeout=60)
    assert not [f for f in examine(open_folder) if f.name == "answers"]

"""An engine that is reached over the network alone: nothing of this host is mounted, and the data are there yet."""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from mlebench_inspect.sandboxes import engine
from runs import run, shell, value

pytestmark = pytest.mark.docker
SOCKET = "/var/run/docker.sock"


def _pass_on(source: socket.socket, sink: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while block := source.recv(1 << 16):
            sink.sendall(block)
    with contextlib.suppress(OSError):
        sink.shutdown(socket.SHUT_WR)


@contextlib.contextmanager
def forwarded(path: str) -> Iterator[str]:
    """Address of a port on loopback behind which an engine's socket is."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def accept() -> None:
            with contextlib.suppress(OSError):
                while True:
                    near, _ = server.accept()
                    far = socket.socket(socket.AF_UNIX)
                    far.connect(path)
                    for pair in ((near, far), (far, near)):
                        threading.Thread(target=_pass_on, args=pair, daemon=True).start()

        threading.Thread(target=accept, daemon=True).start()
        yield f"tcp://127.0.0.1:{server.getsockname()[1]}"


LOOK = (
    "cp /home/data/sample_submission.csv /home/submission/submission.csv; grep -c ' /home/data ' /proc/self/mountinfo; "
    "touch /home/data/x; stat -c '%U %a' /home/data /home/data/train.csv; /home/validate_submission.sh "
    "/home/submission/submission.csv"
)


def test_a_run_over_tcp_copies_the_data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    with forwarded(SOCKET) as address:
        monkeypatch.setenv("DOCKER_HOST", address)
        assert address in (engine.cannot_mount() or "")
        log = run(tmp_path, shell(LOOK), sandbox="docker")
    assert log.samples
    assert log.samples[0].error is None
    seen = log.samples[0].output.completion.split("\n")
    assert seen[1] == "0"
    assert seen[2:4] == ["root 755", "root 644"]
    assert "The submission is valid." in log.samples[0].output.completion
    assert value(log)["valid"] == 1
    found = log.samples[0].store["Environment:apart"]
    assert found["copied"]["files"] > 2
    assert "user" in found, "a number of its own, as with the mount"


def test_a_disk_s_limit_does_not_count_the_data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The data alone are more than the sample may write: they were there before its agent."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    data = tmp_path / "data"
    options = {"sandbox": "docker", "data_transport": "copy", "data_dir": str(data), "max_disk": "30m"}
    run(tmp_path / "first", shell("true"), **options)
    public = data / "miniature/spaceship-titanic/prepared/public"
    subprocess.run(["chmod", "-R", "u+w", str(public)], check=True, timeout=60)
    with open(public / "train.csv", "ab") as file:
        file.write(os.urandom(60 << 20))
    log = run(tmp_path / "second", shell("stat -c %s /home/data/train.csv; sleep 4"), **options)
    assert log.samples
    assert log.samples[0].limit is None
    assert int(log.samples[0].output.completion.split()[1]) > 60 << 20
    script = "for i in 1 2 3; do head -c 20M /dev/urandom > /home/logs/$i; done; sleep 60"
    log = run(tmp_path / "third", shell(script), **options)
    assert log.samples
    assert log.samples[0].limit is not None, "what the agent writes counts as ever"

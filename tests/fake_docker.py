"""A `docker` command on PATH that answers as an engine of any kind would, and notes what it was asked."""

from __future__ import annotations

import json
import os
import shlex
from pathlib import Path
from typing import Any

import pytest

FEATURES = "org.opencontainers.runtime-spec.features"
GIB = 2**30


def runtimes(*, recursive: bool = True) -> dict[str, Any]:
    """Docker's only runtime, with or without recursive read-only mounts."""
    options = ["ro", "rro"] if recursive else ["ro"]
    return {"runc": {"path": "runc", "status": {FEATURES: json.dumps({"mountOptions": options})}}}


def engine_info(**changes: Any) -> dict[str, Any]:
    """What `docker info` tells of a fit engine, with changes by Docker's names."""
    info = {
        "ServerVersion": "28.5.1",
        "KernelVersion": "6.8.0-45-generic",
        "OperatingSystem": "Ubuntu 24.04.1 LTS",
        "NCPU": 8,
        "MemTotal": 32 * GIB,
        "DefaultRuntime": "runc",
        "Runtimes": runtimes(),
        "SecurityOptions": ["name=seccomp,profile=builtin", "name=cgroupns"],
        "MemoryLimit": True,
        "CpuCfsQuota": True,
        "PidsLimit": True,
    }
    return info | changes


class FakeDocker:
    """The only `docker` on PATH."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "bin").mkdir()
        self.answers()

    def answers(
        self,
        info: dict[str, Any] | None = None,
        *,
        compose: str = "2.40.0",
        images: str = "*",
        run: tuple[int, str] = (0, ""),
    ) -> None:
        """Answers with this `docker info` from now on.

        Args:
            info: What the engine tells of itself.
            compose: Version of Docker Compose.
            images: Pattern (of the shell) of the images that are there.
            run: Code and complaint of `docker run`.
        """
        info = info or engine_info()
        version = json.dumps({"Server": {"Version": info["ServerVersion"]}})
        self.runs(
            f"""case "$1 $2" in
            "info --format") echo {shlex.quote(json.dumps(info))} ;;
            "version --format") echo {shlex.quote(version)} ;;
            "compose version") echo {shlex.quote(json.dumps({"version": compose}))} ;;
            "ps --all") ;;
            "image inspect") case "$5" in {images}) echo sha256:1 ;; *) exit 1 ;; esac ;;
            "run --rm") echo {shlex.quote(run[1])} >&2; exit {run[0]} ;;
            *) exit 1 ;;
            esac"""
        )

    def runs(self, script: str) -> None:
        """Runs this shell script from now on."""
        calls = shlex.quote(str(self.folder / "calls"))
        file = self.folder / "bin/docker"
        file.write_text(f'#!/bin/sh\necho "$@" >> {calls}\n{script}\n')
        file.chmod(0o755)

    def calls(self) -> list[str]:
        """The arguments of each call so far."""
        calls = self.folder / "calls"
        return calls.read_text().splitlines() if calls.exists() else []


def put_on_path(folder: Path, monkeypatch: pytest.MonkeyPatch) -> FakeDocker:
    """A fake engine that this process and its children find first."""
    fake = FakeDocker(folder)
    monkeypatch.setenv("PATH", f"{folder / 'bin'}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.delenv("DOCKER_API_VERSION", raising=False)
    return fake

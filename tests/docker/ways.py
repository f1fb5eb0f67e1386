"""The ways in which a sample can be run in containers of this host: engine, and how the data come in."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from mlebench_inspect.sandboxes.compose import LIGHT_IMAGE

WAYS: dict[str, dict[str, Any]] = {
    "docker": {},
    "docker-copy": {"data_transport": "copy"},
    "podman": {"sandbox": "podman"},
    "podman-copy": {"sandbox": "podman", "data_transport": "copy"},
}
EVERY_WAY = [way if way == "docker" else pytest.param(way, marks=pytest.mark.nightly) for way in WAYS]


def options_of(way: str) -> dict[str, Any]:
    """Options of a task; skips the test where Podman is not there."""
    if way.startswith("podman"):
        _need_podman()
    return WAYS[way]


def _need_podman() -> None:
    scripts = str(Path(sys.executable).parent)  # where podman-compose is
    if scripts not in os.environ["PATH"].split(os.pathsep):
        os.environ["PATH"] = os.pathsep.join([scripts, os.environ["PATH"]])
    if importlib.util.find_spec("inspect_podman") is None:
        pytest.skip("needs the extra podman")
    try:
        has = (
            subprocess.run(["podman", "image", "exists", LIGHT_IMAGE], capture_output=True, timeout=60).returncode == 0
        )
    except OSError:
        has = False
    if not has:
        pytest.skip(f"needs Podman and its image: docker save {LIGHT_IMAGE} | podman load")

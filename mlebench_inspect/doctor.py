"""One line for each thing that a run needs, with the mend where something is missing."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from mlebench_inspect.data.store import Store
from mlebench_inspect.sandboxes.building import IMAGES, BuildError, docker_command

State = Literal["ok", "note", "missing"]
MINIMUM_ENGINE, MINIMUM_COMPOSE = (24, 0, 6), (2, 24, 0)


@dataclass(frozen=True)
class Finding:
    """One thing looked at."""

    name: str
    state: State
    text: str


def examine(data_dir: Path | None = None) -> Iterator[Finding]:
    """Looks at Docker, compose, GPU, images, credentials and disk, in this order."""
    try:
        docker = docker_command()
    except BuildError as ex:
        yield Finding("docker", "missing", str(ex))
        docker = None
    if docker is not None:
        yield _version(docker, "docker", ["version", "--format", "{{.Server.Version}}"], MINIMUM_ENGINE, "the engine")
        yield _version(docker, "compose", ["compose", "version", "--short"], MINIMUM_COMPOSE, "Docker Compose")
        yield _gpu(docker)
        for name, image in IMAGES.items():
            yield _image(docker, name, image)
    yield _credentials()
    yield _disk(Store.open(data_dir).data_dir)


def _run(command: list[str], timeout: float = 60) -> subprocess.CompletedProcess[str]:
    try:
        return subprocess.run(command, capture_output=True, text=True, timeout=timeout)
    except subprocess.TimeoutExpired:
        return subprocess.CompletedProcess(command, 124, "", f"no answer within {timeout:.0f} seconds")


def _version(docker: str, name: str, arguments: list[str], minimum: tuple[int, ...], what: str) -> Finding:
    result = _run([docker, *arguments])
    text = result.stdout.strip().lstrip("v")
    if result.returncode != 0:
        return Finding(name, "missing", f"{what} is not installed; see https://docs.docker.com/compose/install/")
    numbers = tuple(int(n) for n in text.split("-")[0].split("+")[0].split(".")[:3] if n.isdigit())
    if numbers < minimum:
        return Finding(name, "missing", f"{text} is too old; install {'.'.join(map(str, minimum))} or newer")
    return Finding(name, "ok", text)


def _gpu(docker: str) -> Finding:
    runtimes = _run([docker, "info", "--format", "{{json .Runtimes}}"]).stdout
    nvidia_smi = shutil.which("nvidia-smi")
    cards = _run([nvidia_smi, "--query-gpu=name", "--format=csv,noheader"]).stdout.split("\n") if nvidia_smi else []
    cards = [c for c in cards if c.strip()]
    if not cards:
        return Finding("gpu", "note", "none on this host; runs use the CPU (-T gpus=1 asks for one)")
    if "nvidia" not in runtimes:
        return Finding("gpu", "missing", f"{cards[0]}, but Docker cannot use it; install the NVIDIA Container Toolkit")
    return Finding("gpu", "ok", f"{len(cards)} x {cards[0]}")


_PROBE = """
import json, platform, importlib.metadata as m
names = ["numpy", "pandas", "scikit-learn", "lightgbm", "torch", "tensorflow"]
found = {}
for n in names:
    try: found[n] = m.version(n)
    except m.PackageNotFoundError: pass
print(json.dumps({"python": platform.python_version(), **found}))
"""


def _image(docker: str, name: str, image: str) -> Finding:
    if _run([docker, "image", "inspect", image]).returncode != 0:
        needed: State = "missing" if name == "light" else "note"
        return Finding(f"image {name}", needed, f"run: mlebench-inspect build {name}")
    size = int(_run([docker, "image", "inspect", "--format", "{{.Size}}", image]).stdout or 0)
    probe = _run([docker, "run", "--rm", "--network", "none", image, "python3", "-c", _PROBE])
    if probe.returncode != 0:
        return Finding(
            f"image {name}", "missing", f"does not run Python ({probe.stderr.strip()[:120]}); build it again"
        )
    packages = ", ".join(f"{k} {v}" for k, v in json.loads(probe.stdout).items())
    return Finding(f"image {name}", "ok", f"{size / 1e9:.2f} GB, {packages}")


def _credentials() -> Finding:
    config = Path(os.environ.get("KAGGLE_CONFIG_DIR", Path.home() / ".kaggle"))
    ways: dict[str, Callable[[], bool]] = {
        "KAGGLE_API_TOKEN": lambda: bool(os.environ.get("KAGGLE_API_TOKEN")),
        "access_token": lambda: (Path.home() / ".kaggle/access_token").is_file(),
        "KAGGLE_USERNAME and KAGGLE_KEY": lambda: bool(
            os.environ.get("KAGGLE_USERNAME") and os.environ.get("KAGGLE_KEY")
        ),
        "kaggle.json": lambda: (config / "kaggle.json").is_file(),
        "OAuth": lambda: (Path.home() / ".kaggle/credentials.json").is_file(),
    }
    found = [name for name, there in ways.items() if there()]
    if found:
        return Finding("kaggle", "ok", f"credentials by {found[0]} (not tried)")
    return Finding("kaggle", "note", "no credentials; make a token at https://www.kaggle.com/settings to download data")


def _disk(data_dir: Path) -> Finding:
    existing = next(p for p in (data_dir, *data_dir.parents) if p.exists())
    free = shutil.disk_usage(existing).free / 1e9
    return Finding("disk", "ok" if free > 50 else "note", f"{free:.0f} GB free for {data_dir}")

"""Fixtures of the data tests: a look-alike of Kaggle, and processes that use it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from kaggle_lookalike import Kaggle

from mlebench_inspect.tasks import competition

RUN = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def kaggle() -> Iterator[Kaggle]:
    with Kaggle() as server:
        yield server


@pytest.fixture
def environment(kaggle: Kaggle, tmp_path: Path) -> dict[str, str]:
    """The variables of this process, without any of Kaggle's or of proxies, led to the look-alike."""
    own = {
        k: v for k, v in os.environ.items() if not k.startswith(("KAGGLE_", "MLEBENCH_")) and "proxy" not in k.lower()
    }
    return own | kaggle.environment(tmp_path / "home")


@pytest.fixture
def command(environment: dict[str, str]) -> RUN:
    """`command("prepare", ...)`: runs mlebench-inspect with the look-alike."""

    def run(*args: str | Path, **variables: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "mlebench_inspect.cli", *map(str, args)],
            env=environment | variables,
            capture_output=True,
            text=True,
            timeout=300,
            stdin=subprocess.DEVNULL,
        )

    return run


DOWNLOAD = """
import json, sys
from pathlib import Path
from mlebench_inspect.data.errors import PreparationError
from mlebench_inspect.data.kaggle import Kaggle, Patience
try:
    print(json.dumps({"path": str(Kaggle(Patience(**json.loads(sys.argv[3]))).download(sys.argv[1], Path(sys.argv[2])))}))
except PreparationError as ex:
    print(json.dumps({"error": type(ex).__name__, "message": str(ex)}))
"""


@pytest.fixture
def download(environment: dict[str, str], tmp_path: Path) -> Callable[..., dict[str, Any]]:
    """`download(slug, **patience)`: one download in a process of its own; path, or error and message."""

    def run(slug: str = "demo", folder: Path = tmp_path / "download", **patience: float) -> dict[str, Any]:
        settings = json.dumps({"delay": 0.001, "read": 5} | patience)
        done = subprocess.run(
            [sys.executable, "-c", DOWNLOAD, slug, str(folder), settings],
            env=environment,
            capture_output=True,
            text=True,
            timeout=120,
            check=True,
        )
        assert done.stderr == ""
        return json.loads(done.stdout)

    return run


@pytest.fixture
def archive(tmp_path: Path) -> Callable[..., Path]:
    """`archive(id)`: a zip of the competition's miniature raw data, as Kaggle would serve it."""

    def make(competition_id: str = "spaceship-titanic", seed: int = 0) -> Path:
        raw = tmp_path / "generated" / f"{competition_id}-{seed}"
        competition(competition_id).make_miniature(raw, seed)
        return zip_folder(raw, tmp_path / f"{competition_id}-{seed}.zip")

    return make


def zip_folder(folder: Path, target: Path) -> Path:
    """A zip of everything below the folder."""
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as zipped:
        for path in sorted(folder.rglob("*")):
            zipped.write(path, path.relative_to(folder))
    return target

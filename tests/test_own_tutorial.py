"""The tutorial on a competition of one's own, typed as it is written, in an empty folder and a fresh environment."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path
from typing import NamedTuple

import pytest

PAGE = Path(__file__).parents[1] / "docs/own-competition.md"
_BLOCK = re.compile(r'^(`{3,})(\w+)(?: title="([^"]+)")?\n(.*?)^\1$', re.MULTILINE | re.DOTALL)


COMMANDS = {"mlebench-inspect": "mlebench_inspect.cli", "inspect": "inspect_ai", "pip": "pip"}


class Block(NamedTuple):
    """A block of the page: a file to write, or commands to type."""

    language: str
    file: str
    text: str


def blocks() -> list[Block]:
    return [Block(language, file, text) for _, language, file, text in _BLOCK.findall(PAGE.read_text(encoding="utf-8"))]


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """A fresh virtual environment that sees this one's packages, and installs its own into itself; no network."""
    root = tmp_path_factory.mktemp("environment")
    venv.create(root / "venv", with_pip=False, symlinks=True)
    python = root / "venv/bin/python"
    site = Path(
        subprocess.check_output(
            [python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"], text=True, timeout=60
        ).strip()
    )
    (site / "beside.pth").write_text(f"import site; site.addsitedir({sysconfig.get_path('purelib')!r})\n")
    for name, module in COMMANDS.items():
        (root / "venv/bin" / name).write_text(f'#!/bin/sh\nexec {python} -m {module} "$@"\n')
        (root / "venv/bin" / name).chmod(0o755)
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("MLEBENCH_", "INSPECT_", "PIP_", "PYTHON"))}
    return {
        **kept,
        "PATH": f"{root / 'venv/bin'}:{kept['PATH']}",
        "MLEBENCH_DATA_DIR": str(root / "data"),
        "INSPECT_DISPLAY": "plain",
        "PIP_NO_INDEX": "1",
        "PIP_NO_BUILD_ISOLATION": "0",
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
    }


@pytest.fixture(scope="module")
def said(environment: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What each line of commands printed, by the line; the first that fails fails all."""
    folder, found = tmp_path_factory.mktemp("tutorial"), {}
    variables = dict(environment)
    for block in blocks():
        if block.file:
            (folder / block.file).write_text(block.text, encoding="utf-8")
            continue
        assert block.language == "bash", f"what is a block of {block.language} for?"
        command = f'set -e\nset -x\n{block.text}\necho "variable=$MLEBENCH_COMPETITIONS"\n'
        done = subprocess.run(
            ["bash", "-c", command], cwd=folder, env=variables, capture_output=True, text=True, timeout=900
        )
        assert done.returncode == 0, f"{block.text}\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}"
        found[block.text] = done.stdout + done.stderr
        variables["MLEBENCH_COMPETITIONS"] = done.stdout.rpartition("variable=")[2].strip()
        if not variables["MLEBENCH_COMPETITIONS"]:
            del variables["MLEBENCH_COMPETITIONS"]
    return found


def of(said: dict[str, str], words: str) -> list[str]:
    """What was printed by the blocks with these words, in their order."""
    found = [text for block, text in said.items() if words in block]
    assert found, words
    return found


def test_every_check_holds(said: dict[str, str]) -> None:
    for text in of(said, "mlebench-inspect check"):
        assert "checks hold" in text
        assert "WRONG" not in text


def test_real_data_is_prepared_graded_and_run(said: dict[str, str]) -> None:
    (text,) = of(said, "--raw raw")
    assert "prepared  diabetes-progression" in text
    assert "mean_absolute_error 6" in text, "what the sample submission scores"
    assert "no medal tiers" in text
    assert "own (1 sample)" in text


def test_without_tiers_medals_are_undefined_and_with_thresholds_they_are_not(said: dict[str, str]) -> None:
    first, second = of(said, "mlebench-inspect report logs")
    assert "no tiers are defined: diabetes-progression" in first
    assert "no tiers are defined" not in second
    assert "silver" in second


def test_a_package_from_a_wheel_is_listed_and_run(said: dict[str, str]) -> None:
    (text,) = of(said, "pip wheel")
    assert "diabetes-progression  own" in text
    assert "diabetes-progression (1 sample)" in text
    assert "Log: " in text


def test_this_environment_was_left_alone(said: dict[str, str]) -> None:
    listed = subprocess.run(
        [sys.executable, "-m", "mlebench_inspect.cli", "list", "--split", "own"],
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert "diabetes-progression" not in listed.stdout

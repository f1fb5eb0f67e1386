"""Public notebooks through Kaggle's own client, from a look-alike."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from kaggle_lookalike import Kaggle

from logs import write_log

COMPETITION = "spaceship-titanic"
CELL = {"cell_type": "code", "source": ["import os\n", "x = 1\n"]}


def blob(source: str, kind: str = "notebook", language: str = "python") -> dict[str, str]:
    return {"source": source, "kernelType": kind, "language": language, "slug": "../../named-by-kaggle"}


@pytest.fixture
def fetch(kaggle: Kaggle, command: Callable[..., Any], tmp_path: Path) -> Callable[..., Any]:
    """`fetch(N)`: runs the command on a log of one competition."""
    write_log(tmp_path / "logs", {COMPETITION: "g"})

    def run(number: int) -> Any:
        fast = {"MLEBENCH_KAGGLE_ATTEMPTS": "1"}
        folder = tmp_path / "notebooks"
        return command("plagiarism", tmp_path / "logs", "--notebooks", folder, "--from-kaggle", str(number), **fast)

    return run


def test_the_most_voted_are_fetched_once(kaggle: Kaggle, fetch: Callable[..., Any], tmp_path: Path) -> None:
    notebook = json.dumps({"cells": [CELL], "metadata": {}})
    kaggle.notebooks[COMPETITION] = {f"ada/n-{n}": blob(notebook) for n in range(60)}
    kaggle.notebooks[COMPETITION]["ada/n-1"] = blob("x = 1", "script")
    done = fetch(55)
    assert done.returncode == 0, done.stderr
    folder = tmp_path / "notebooks" / COMPETITION
    names = {path.name for path in folder.iterdir()}
    assert names == {"ada__n-1.py", *(f"ada__n-{n}.ipynb" for n in range(55) if n != 1)}
    assert (folder / "ada__n-0.ipynb").read_text() == notebook
    assert f"Notebooks: {COMPETITION} 55." in done.stdout
    assert kaggle.calls.count("ListKernels") == 2
    assert fetch(55).returncode == 0
    assert kaggle.calls.count("GetKernel") == 55


def test_what_cannot_be_had_is_named_and_keeps_nothing_else_out(
    kaggle: Kaggle, fetch: Callable[..., Any], tmp_path: Path
) -> None:
    kaggle.notebooks[COMPETITION] = {
        "ada/gone": {},
        "../evil": blob("x = 1", "script"),
        "ada/r": blob("x <- 1", "script", "r"),
        "ada/good": blob("x = 1", "script"),
    }
    done = fetch(4)
    assert done.returncode == 0, done.stderr
    assert [p.name for p in (tmp_path / "notebooks" / COMPETITION).iterdir()] == ["ada__good.py"]
    assert "ada/gone: Kaggle does not know it" in done.stderr
    assert "ada/r: it is no Python notebook" in done.stderr
    assert not list(tmp_path.rglob("*evil*"))


def test_a_refusal_is_one_line(kaggle: Kaggle, fetch: Callable[..., Any]) -> None:
    kaggle.api_faults.append((403, {}, "Not for you"))
    done = fetch(1)
    assert done.returncode == 2
    assert "the notebooks of spaceship-titanic: cannot be had from Kaggle" in done.stderr
    assert done.stderr.splitlines()[-1].endswith("or give --from-kaggle N")

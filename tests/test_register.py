"""What listings of Inspect evaluations read of this package."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml
from inspect_ai import list_tasks

import mlebench_inspect
from mlebench_inspect.benchmark import TASKS
from mlebench_inspect.tasks import SPLITS, split_ids

ROOT = Path(__file__).parents[1]
PUBLISHED = [split for split in SPLITS if split != "own"]


def test_eval_yaml_names_the_splits_with_their_sizes() -> None:
    about = yaml.safe_load((ROOT / "mlebench_inspect" / "eval.yaml").read_text(encoding="utf-8"))
    assert {t["name"]: t["dataset_samples"] for t in about["tasks"]} == {s: len(split_ids(s)) for s in PUBLISHED}
    assert set(SPLITS) <= set(TASKS)


def test_split_tasks_are_found_in_the_source(monkeypatch: pytest.MonkeyPatch) -> None:
    """As `inspect list tasks` does, which runs nothing."""
    monkeypatch.chdir(ROOT)
    assert set(SPLITS) <= {t.name for t in list_tasks("mlebench_inspect")}


def test_the_package_exports_the_split_tasks_without_loading_inspect() -> None:
    names = [n for n in mlebench_inspect.__all__ if n in (*PUBLISHED, "all_competitions", "own_competitions")]
    assert len(names) == len(SPLITS)
    assert all(callable(getattr(mlebench_inspect, n)) for n in names)
    code = "import sys, mlebench_inspect; assert 'inspect_ai' not in sys.modules; from mlebench_inspect import lite"
    subprocess.run([sys.executable, "-c", code], check=True, timeout=120)


def test_imports_are_declared() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "deptry", "."], cwd=ROOT, capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0, done.stderr


def test_a_library_that_is_ignored_is_declared() -> None:
    about = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    extras = about["project"]["optional-dependencies"]
    declared = " ".join([*about["project"]["dependencies"], *(d for e in extras.values() for d in e)])
    assert all(name in declared for name in about["tool"]["deptry"]["per_rule_ignores"]["DEP002"])

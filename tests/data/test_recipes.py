"""What miniature data is made anew for."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from mlebench_inspect.data import recipes
from mlebench_inspect.tasks import competition, competitions

TASKS = competition("spaceship-titanic").folder.parent
GRADERS = TASKS.parent / "graders"


@pytest.fixture(autouse=True)
def _read_anew() -> Iterator[None]:
    yield
    for cached in (recipes._imports, recipes._sum_at):
        cached.cache_clear()


def changed_by(path: Path, monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """The competitions whose recipe a comment at the end of the file changes."""
    before = {c.id: recipes.recipe(c) for c in competitions()}
    read = Path.read_bytes
    monkeypatch.setattr(Path, "read_bytes", lambda self: read(self) + (b"\n# new" if self == path else b""))
    for cached in (recipes._imports, recipes._sum_at):
        cached.cache_clear()
    return {c.id for c in competitions() if recipes.recipe(c) != before[c.id]}


@pytest.mark.parametrize("name", ["_herbarium", "_text_normalization", "_tfrecords", "_run_length", "_coco"])
def test_a_helper_is_part_of_the_recipes_that_use_it(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    users = {c.id for c in competitions() if any(name in p.read_text(encoding="utf-8") for p in making(c.folder))}
    assert users
    assert users <= changed_by(TASKS / f"{name}.py", monkeypatch) < {c.id for c in competitions()}


@pytest.mark.parametrize("path", [TASKS / "preparing.py", TASKS / "__init__.py", GRADERS / "submission.py"])
def test_what_all_use_is_part_of_all_recipes(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert changed_by(path, monkeypatch) == {c.id for c in competitions()}


def test_a_grader_alone_is_no_part_of_others(monkeypatch: pytest.MonkeyPatch) -> None:
    found = changed_by(TASKS / "leaf_classification/grade.py", monkeypatch)
    assert found == {"leaf-classification"}


LOADED = """
import json, sys, tempfile
from pathlib import Path
from mlebench_inspect.tasks import competition
before, folder = set(sys.modules), Path(tempfile.mkdtemp(dir=sys.argv[2]))
found = competition(sys.argv[1])
found.make_miniature(folder / "raw")
found.prepare(folder / "raw", folder / "public", folder / "private", "v2")
print(json.dumps([m for m in sys.modules if m not in before and m.startswith("mlebench_inspect.")]))
"""


@pytest.mark.parametrize(
    "competition_id",
    [
        "herbarium-2020-fgvc7",
        "text-normalization-challenge-english-language",
        "lmsys-chatbot-arena",
        "tgs-salt-identification-challenge",
    ],
)
def test_all_modules_that_are_loaded_are_found(competition_id: str, tmp_path: Path) -> None:
    command = [sys.executable, "-c", LOADED, competition_id, str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=True)
    found = {
        p.relative_to(TASKS.parent).with_suffix("").as_posix() for p in recipes.modules(competition(competition_id))
    }
    loaded = {m.split(".", 1)[1].replace(".", "/") for m in json.loads(done.stdout)}
    packages = {p.parent.relative_to(TASKS.parent).as_posix() for p in TASKS.parent.glob("*/**/__init__.py")}
    namespaces = {competition(competition_id).folder.relative_to(TASKS.parent).as_posix()}
    assert loaded - packages - namespaces <= found


def making(folder: Path) -> list[Path]:
    return [folder / "prepare.py", folder / "miniature.py"]


def test_relative_imports_are_followed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, text in {
        "__init__": "",
        "_b": "",
        "own/_c": "",
        "own/prepare": "from .._b import x\nfrom . import _c",
    }.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / f"{name}.py").write_text(text)
    monkeypatch.setitem(recipes._PACKAGES, "mlebench_inspect.tasks", tmp_path)
    assert set(recipes._imports(tmp_path / "own/prepare.py")) >= {tmp_path / "_b.py", tmp_path / "own/_c.py"}

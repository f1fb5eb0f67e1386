"""A digest of the code and files that decide what miniature and prepared data look like."""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from mlebench_inspect import graders, tasks
from mlebench_inspect.tasks import Competition

_PACKAGES = {p.__name__: Path(str(p.__file__)).parent for p in (graders, tasks)}
_ENTRIES = ("prepare.py", "miniature.py", "search.py")
_COMMON = ("__init__.py", "searching.py")
_ASIDE = ("raw", "tests", "example", "examples.yaml", "__pycache__")
_WHOLE = 16 << 20
"""Bytes; of a larger file the size alone counts."""


def recipe(competition: Competition) -> str:
    """A digest of a competition's folder, and of all modules that its preparation and its miniature import.

    Imports are followed wherever they stand, also within functions, and through what is imported; `tasks` itself,
    which calls both, is one of the modules.
    """
    own = _files_below(competition.folder)
    others = {p: f"{p.parent.name}/{p.name}" for p in sorted(modules(competition) - own.keys())}
    return _digest(own | others)


def folder_digest(folder: Path) -> str:
    """A digest of a competition's folder alone. Any thread may ask: there is no syntax tree in it, of which Python 3.11
    bears one at a time.
    """
    return _digest(_files_below(folder))


def _digest(names: dict[Path, str]) -> str:
    digest = hashlib.sha256()
    for path, name in names.items():
        digest.update(f"{name}\0{_sum(path)}".encode())
    return digest.hexdigest()[:16]


def _files_below(folder: Path) -> dict[Path, str]:
    """What of a competition's folder decides about its data and grading, with names, in their order."""
    found = (p for p in sorted(folder.rglob("*")) if _decides(p.relative_to(folder)) and p.is_file())
    return {p: p.relative_to(folder.parent).as_posix() for p in found}


def _decides(path: Path) -> bool:
    """Whether a file of a competition's folder may decide about its data: not raw data, tests, examples and caches."""
    return not any(part.startswith(".") or part in _ASIDE for part in path.parts)


def modules(competition: Competition) -> set[Path]:
    """The files of all modules of this package that making a competition's data may execute."""
    found: set[Path] = set()
    waiting = [competition.folder / name for name in _ENTRIES] + [_PACKAGES[tasks.__name__] / n for n in _COMMON]
    while waiting:
        path = waiting.pop()
        if path not in found and path.is_file():
            found.add(path)
            waiting += _imports(path)
    return found


@cache
def _imports(path: Path) -> tuple[Path, ...]:
    """The files of this package's modules that a module names in its import statements."""
    names = set()
    for node in _statements(ast.parse(path.read_bytes())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            module = f"{_parent(path, node.level)}.{node.module or ''}".strip(".") if node.level else node.module
            names |= {module or ""} | {f"{module}.{alias.name}" for alias in node.names}
    return tuple(p for n in sorted(names) for p in _files(n))


def _statements(tree: ast.AST) -> Iterator[ast.AST]:
    """All statements at any depth; expressions, which are most of a tree and hold no imports, are passed over."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, (ast.stmt, ast.ExceptHandler, ast.match_case)):
            yield node
            yield from _statements(node)


def _parent(path: Path, level: int) -> str:
    """The package that a relative import of that level starts from."""
    for name, folder in _PACKAGES.items():
        if path.is_relative_to(folder):
            parts = [name, *path.relative_to(folder).parts[:-1]]
            return ".".join(parts[: len(parts) - level + 1])
    return ""


def _files(module: str) -> Iterator[Path]:
    for name, folder in _PACKAGES.items():
        if module == name or module.startswith(f"{name}."):
            path = folder.joinpath(*module.removeprefix(name).split(".")[1:])
            yield from (p for p in (path.with_suffix(".py"), path / "__init__.py") if p.is_file())


def _sum(path: Path) -> str:
    about = path.stat()
    return str(about.st_size) if about.st_size > _WHOLE else _sum_at(path, about.st_size, about.st_mtime_ns)


@cache
def _sum_at(path: Path, size: int, time: int) -> str:
    """Of a file as it was then."""
    return hashlib.sha256(path.read_bytes()).hexdigest()

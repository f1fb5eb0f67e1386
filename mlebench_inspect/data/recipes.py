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
_FILES = (".py", ".md", ".yaml", ".json", ".csv")


def recipe(competition: Competition) -> str:
    """A digest of a competition's folder, and of all modules that its preparation and its miniature import.

    Imports are followed wherever they stand, also within functions, and through what is imported; `tasks` itself,
    which calls both, is one of the modules.
    """
    folder = competition.folder
    own = [p for p in sorted(folder.iterdir()) if p.suffix in _FILES and p.is_file()]
    digest = hashlib.sha256()
    for path in [*own, *sorted(modules(competition) - set(own))]:
        digest.update(f"{path.parent.name}/{path.name}\0{_sum(path)}".encode())
    return digest.hexdigest()[:16]


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


@cache
def _sum(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()

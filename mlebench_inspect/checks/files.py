"""Checks of a competition's folder, before any of its code has run."""

from __future__ import annotations

import ast
from inspect import Parameter, signature
from pathlib import Path

from mlebench_inspect.checks.case import Case
from mlebench_inspect.checks.fault import Fault

SHORTEST = 500
"""Characters of a description."""
_FUNCTIONS: dict[str, dict[str, tuple[str, ...]]] = {
    "prepare": {"prepare": ("raw", "public", "private", "revision")},
    "grade": {"checked": ("known", "submission", "revision"), "grade": ("answers", "submission", "revision")},
    "miniature": {"make_raw": ("raw", "seed")},
}


def has_its_files(case: Case) -> None:
    """The files that every competition has."""
    names = ("description.md", *(f"{name}.py" for name in _FUNCTIONS))
    missing = [name for name in names if not (case.found.folder / name).is_file()]
    if missing:
        raise Fault(f"{', '.join(missing)} missing in {case.found.folder}", "mlebench-inspect new lays out each file")


def has_its_functions(case: Case) -> None:
    """The functions that are called, with as many parameters as they are called with."""
    for name, wanted in _FUNCTIONS.items():
        module = case.found.module(name)
        for function, parameters in wanted.items():
            found = getattr(module, function, None)
            called = f"{function}({', '.join(parameters)})"
            if not callable(found):
                raise Fault(f"{name}.py has no function {called}", "write it")
            if not _takes(found, len(parameters)):
                raise Fault(f"{name}.py: {function} cannot be called as {called}", "give it these parameters")


def _takes(function: object, number: int) -> bool:
    try:
        signature(function).bind(*[None] * number)  # type: ignore[arg-type]
    except TypeError:
        return False
    return all(p.kind is not Parameter.KEYWORD_ONLY or p.default is not p.empty for p in _parameters(function))


def _parameters(function: object) -> list[Parameter]:
    return list(signature(function).parameters.values())  # type: ignore[arg-type]


def imports_neighbours_by_a_dot(case: Case) -> None:
    """No folder of a competition is on `sys.path`, so its files are imported relatively."""
    folder = case.found.folder
    neighbours = {p.stem for p in folder.glob("*.py")}
    for path in sorted(folder.glob("*.py")):
        for line, module in _imported(path):
            if module in neighbours:
                mend = f"write `from .{module} import ...` or `from . import {module}`"
                raise Fault(f"{path.name}, line {line} imports {module}, which lies beside it", mend)


def _imported(path: Path) -> list[tuple[int, str]]:
    found = []
    for node in ast.walk(ast.parse(path.read_bytes(), path.name)):
        if isinstance(node, ast.Import):
            found += [(node.lineno, alias.name.split(".")[0]) for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and not node.level and node.module:
            found.append((node.lineno, node.module.split(".")[0]))
    return found


def describes_the_task(case: Case) -> None:
    """The text for agents: long enough to be one, with all its passages closed, and naming the submission's columns."""
    text, found = case.found.description(case.revision), case.found
    if "<!--" in text:
        raise Fault("description.md holds a comment, which agents would read", "close passages with <!-- end -->")
    if len(text) < SHORTEST:
        told = f"description.md has {len(text)} characters, fewer than {SHORTEST}"
        raise Fault(told, "say what is to be predicted, from which files, by which metric, in which form")
    columns = [*found.submission.ids(case.revision), *found.submission.target_columns]
    if found.is_own and (unnamed := [c for c in columns[:10] if c not in text]):
        raise Fault(f"description.md does not name the columns {', '.join(unnamed)}", "describe the submission's form")


def has_a_board_in_order(case: Case) -> None:
    """The board, if there is one: numbers, the best first, and as many as `teams` says."""
    found = case.found
    try:
        board = found.leaderboard()
    except ValueError as ex:
        raise Fault(f"leaderboard.csv: {ex}", "a header, and then a score a line, in the order of rank") from None
    if found.teams and board and found.teams != len(board):
        raise Fault(f"teams: {found.teams}, and leaderboard.csv has {len(board)} scores", "leave `teams` out")

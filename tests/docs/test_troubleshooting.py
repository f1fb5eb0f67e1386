"""Each message on the page of error messages is one that the code still says."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "troubleshooting.md"
SOMETHING = "\0"
"""Stands for what a message is filled with."""


def headings() -> list[str]:
    return re.findall(r"^### `(.+)`$", PAGE.read_text(encoding="utf-8"), re.MULTILINE)


def text_of(node: ast.AST) -> str:
    """The text that an expression makes, as far as it stands in the code."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return "".join(map(text_of, node.values))
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        return text_of(node.left) + text_of(node.right)
    return SOMETHING


@cache
def texts() -> str:
    """All texts of the package's code, a line each."""
    found = set[str]()
    for folder in ("mlebench_inspect", "sandboxes", "graders"):
        for path in (ROOT / folder).rglob("*.py"):
            nodes = ast.walk(ast.parse(path.read_text(encoding="utf-8")))
            found |= {
                text_of(n).replace("\n", " ") for n in nodes if isinstance(n, ast.Constant | ast.JoinedStr | ast.BinOp)
            }
    return "\n".join(sorted(found))


@pytest.mark.parametrize("heading", headings())
def test_a_message_is_one_that_the_code_says(heading: str) -> None:
    parts = [re.escape(part) for part in heading.split("…")]
    said = re.search(".*".join(parts), texts()) is not None  # not compared in the assertion, which would print it all
    assert said, f"nothing says: {heading}"


def test_no_message_is_told_twice() -> None:
    assert len(headings()) == len(set(headings())) > 40

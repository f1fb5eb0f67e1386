"""Python code, parsed where that is possible and never executed: its imports, calls, texts and comments."""

from __future__ import annotations

import ast
import io
import re
import tokenize
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache

LONGEST = 256 << 10
"""Characters that are parsed; longer code is only searched as text."""
MOST_NODES = 200_000
URL = re.compile(r"(?:https?|ftp|s3|gs|hf)://[^\s'\"<>`|;)\]}\\]{3,2000}")
"""An address on the web."""


@dataclass(frozen=True)
class Word:
    """A text within code, and its line."""

    text: str
    line: int


@dataclass
class Source:
    """What stands in a piece of Python."""

    text: str
    is_parsed: bool = False
    imports: list[Word] = field(default_factory=list)
    """Modules, and `module.name` of what is imported from them."""
    calls: list[tuple[str, ast.Call]] = field(default_factory=list)
    """Calls with the dotted names of what is called, imported names in full."""
    strings: list[Word] = field(default_factory=list)
    """Texts that the code works with."""
    remarks: list[Word] = field(default_factory=list)
    """Comments and docstrings."""
    names: dict[str, str] = field(default_factory=dict)
    """What is imported, by the names that it has here."""
    nodes: list[ast.AST] = field(default_factory=list)

    def line(self, number: int) -> str:
        """One line of it."""
        lines = self.text.split("\n")
        return lines[number - 1] if 0 < number <= len(lines) else ""


@lru_cache(256)
def parsed(text: str) -> Source:
    """The code, as far as it can be taken apart; what cannot be parsed has its text alone."""
    found = Source(text)
    plain = _without_magics(text)
    if len(plain) > LONGEST:
        found.remarks += _comments_of_lines(plain)
        return found
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(plain)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        found.remarks += _comments_of_lines(plain)
        return found
    found.is_parsed = True
    for node in ast.walk(tree):
        found.nodes.append(node)
        if len(found.nodes) >= MOST_NODES:
            break
    _fill(found)
    found.remarks += _comments(plain)
    return found


def _fill(found: Source) -> None:
    told = set(_docstrings(found.nodes))
    full = found.names
    for node in found.nodes:
        for name, alias in _imported(node):
            found.imports.append(Word(name, getattr(node, "lineno", 0)))
            full[alias] = name
    for node in found.nodes:
        if isinstance(node, ast.Call):
            found.calls.append((_full(dotted(node.func), full), node))
        elif isinstance(node, ast.Constant) and isinstance(node.value, str | bytes):
            text = node.value if isinstance(node.value, str) else node.value.decode("latin-1")
            (found.remarks if id(node) in told else found.strings).append(Word(text, node.lineno))


def _imported(node: ast.AST) -> Iterator[tuple[str, str]]:
    """What is imported, in full, and what it is called then."""
    if isinstance(node, ast.Import):
        for alias in node.names:
            yield alias.name, alias.asname or alias.name
    elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
        for alias in node.names:
            yield f"{node.module}.{alias.name}", alias.asname or alias.name
    elif isinstance(node, ast.Call) and dotted(node.func) in ("__import__", "importlib.import_module") and node.args:
        first = node.args[0]
        if isinstance(first, ast.Constant) and isinstance(first.value, str):
            yield first.value, first.value


def _full(name: str, full: dict[str, str]) -> str:
    head, _, rest = name.partition(".")
    if head not in full:
        return name
    return f"{full[head]}.{rest}" if rest else full[head]


def dotted(node: ast.AST) -> str:
    """`a.b.c` of names and attributes; calls and subscripts between are passed over."""
    parts: list[str] = []
    while True:
        if isinstance(node, ast.Attribute):
            parts.append(node.attr)
            node = node.value
        elif isinstance(node, ast.Call):
            node = node.func
        elif isinstance(node, ast.Subscript):
            node = node.value
        elif isinstance(node, ast.Name):
            return ".".join([node.id, *reversed(parts)])
        else:
            return ".".join(reversed(parts))


def text_of(node: ast.AST | None) -> str:
    """The text of a constant, or what is constant in a formatted or added one."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return "".join(text_of(v) or "{}" for v in node.values)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add | ast.Div | ast.Mod):
        return text_of(node.left) + text_of(node.right)
    return ""


def _docstrings(nodes: list[ast.AST]) -> Iterator[int]:
    for node in nodes:
        if isinstance(node, ast.Module | ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            for statement in node.body:  # any text that stands alone is a remark
                if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant):
                    yield id(statement.value)


def _comments(text: str) -> Iterator[Word]:
    try:
        for token in tokenize.generate_tokens(io.StringIO(text).readline):
            if token.type == tokenize.COMMENT:
                yield Word(token.string, token.start[0])
    except (tokenize.TokenError, SyntaxError, RecursionError):
        return


def _comments_of_lines(text: str) -> Iterator[Word]:
    """Of code that cannot be parsed: what follows a `#`."""
    for number, line in enumerate(text.split("\n"), 1):
        _, mark, comment = line.partition("#")
        if mark:
            yield Word(f"#{comment[:2000]}", number)


def _without_magics(text: str) -> str:
    """Notebook lines that are no Python as comments without content, so that the rest parses."""
    if "\n!" not in f"\n{text}" and "\n%" not in f"\n{text}":
        return text
    return "\n".join("pass" if line.startswith(("!", "%")) else line for line in text.split("\n"))

"""A sample's actions taken apart: code as parsed sources, scripts as commands, and the rest as texts."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

from mlebench_inspect.violations.filters.shell import Command, commands
from mlebench_inspect.violations.filters.source import Source, dotted, parsed
from mlebench_inspect.violations.filters.tables import Table, table_of
from mlebench_inspect.violations.material import Material, Piece, language_of

DEEPEST = 3
"""Programs within programs that are taken apart."""
MOST_PIECES = 4_000
_RUNS_SHELL = ("os.system", "os.popen", "subprocess.", "commands.getoutput", "asyncio.create_subprocess_")
_PYTHON = re.compile(r"(?:python|pypy|ipython)[0-9.]*$")


@dataclass
class View:
    """What a sample's agent did, in forms that can be searched."""

    material: Material
    sources: list[tuple[Source, Piece]] = field(default_factory=list)
    commands: list[tuple[Command, Piece]] = field(default_factory=list)
    texts: list[Piece] = field(default_factory=list)
    """What the agent wrote that is neither: tables, notes, settings."""

    @cached_property
    def submitted(self) -> Table | None:
        """The submission as a table."""
        found = self.material.submission
        return table_of(found.text) if found else None

    @cached_property
    def public(self) -> dict[str, Table]:
        """The public tables."""
        read = {name: table_of(text) for name, text in self.material.public.items()}
        return {name: table for name, table in read.items() if table is not None}

    @cached_property
    def ids(self) -> frozenset[str]:
        """The ids of what is to be predicted, and long texts of the test set, each as code might write them."""
        tables = [t for name, t in self.public.items() if "sample" in name.lower()]
        found: set[str] = set()
        for table in [self.submitted, *tables]:
            if table is not None and table.names:
                found.update(filter(None, table.column(0)))
        for name, table in self.public.items():
            if "test" in name.lower():
                for cell in (cell for row in table.rows for cell in row if len(cell) >= 20):
                    found.add(cell)
        return frozenset(found | {f.rpartition(".")[0] for f in found if re.search(r"\.\w{2,4}$", f)})

    @cached_property
    def has_plain_numbers(self) -> bool:
        """Whether ids are small numbers, which stand in code for many other reasons."""
        some = list(self.ids)[:50]
        return bool(some) and sum(i.isdigit() and len(i) < 7 for i in some) > len(some) / 2

    def place(self, piece: Piece, line: int) -> str:
        """Of a line in a piece."""
        is_short = piece.text.count("\n", 0, 4000) == 0
        return piece.place if is_short else f"{piece.place}:{line}"


def view_of(material: Material) -> View:
    """Takes everything apart."""
    view = View(material)
    for piece in material.done[:MOST_PIECES]:
        _take(view, piece, 0)
    return view


def _take(view: View, piece: Piece, depth: int) -> None:
    if not piece.text.strip() or depth > DEEPEST:
        return
    if piece.language == "python":
        source = parsed(piece.text)
        view.sources.append((source, piece))
        for inner in _run_by_python(source, piece):
            _take(view, inner, depth + 1)
    elif piece.language == "shell":
        for command in commands(piece.text):
            view.commands.append((command, piece))
            for inner in _within(command, piece):
                _take(view, inner, depth + 1)
    elif piece.language == "notebook":
        for inner in _cells(piece):
            _take(view, inner, depth + 1)
    else:
        view.texts.append(piece)


def _within(command: Command, piece: Piece) -> Iterator[Piece]:
    """Programs and files that a command holds: `python -c`, here-documents."""
    words = command.words
    if _PYTHON.match(command.program) and "-c" in words[:-1]:
        yield replace(piece, text=words[words.index("-c") + 1], language="python", path="")
    elif command.program in ("bash", "sh", "zsh", "eval", "su") and "-c" in words[:-1]:
        yield replace(piece, text=words[words.index("-c") + 1], language="shell", path="")
    if not command.here:
        return
    targets = [*command.targets, *(words[1:] if command.program == "tee" else ())]
    path = next((t for t in targets if not t.startswith("-")), "")
    if path:
        yield replace(piece, text=command.here, language=language_of(path), path=path)
    elif _PYTHON.match(command.program):
        yield replace(piece, text=command.here, language="python", path="")
    elif command.program in ("bash", "sh", "zsh"):
        yield replace(piece, text=command.here, language="shell", path="")
    else:
        yield replace(piece, text=command.here, language="text", path="")


def _run_by_python(source: Source, piece: Piece) -> Iterator[Piece]:
    """Shell commands that code runs, notebook lines among them, and files that code writes as one text."""
    lines = [line[1:] for line in source.text.split("\n") if line.startswith(("!", "%%bash", "%pip", "%sh"))]
    if lines:
        yield replace(piece, text="\n".join(lines), language="shell", path="")
    for name, call in source.calls:
        if not name.startswith(_RUNS_SHELL) or not call.args:
            continue
        first = call.args[0]
        if isinstance(first, ast.Constant) and isinstance(first.value, str):
            yield replace(piece, text=first.value, language="shell", path="")
        elif isinstance(first, ast.List | ast.Tuple):
            words = [str(e.value) if isinstance(e, ast.Constant) else dotted(e) for e in first.elts[:200]]
            yield replace(piece, text=" ".join(_quoted(w) for w in words), language="shell", path="")


def _quoted(word: str) -> str:
    return word if re.fullmatch(r"[\w./:=@%+,-]+", word) else "'" + word.replace("'", "") + "'"


def _cells(piece: Piece) -> Iterator[Piece]:
    """A notebook's cells; what cannot be read as one is a text."""
    try:
        cells = json.loads(piece.text)["cells"]
        for number, cell in enumerate(cells[:2000], 1):
            text = cell["source"] if isinstance(cell["source"], str) else "".join(map(str, cell["source"]))
            place = f"{piece.place} cell {number}"
            is_code = cell.get("cell_type") == "code"
            yield replace(piece, text=text, place=place, language="python" if is_code else "text")
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        yield replace(piece, language="text")


def constants(nodes: Sequence[ast.AST]) -> Iterator[tuple[str, int]]:
    """Texts and numbers among nodes, as texts, with their lines."""
    for node in nodes:
        if isinstance(node, ast.Constant) and isinstance(node.value, str | int) and not isinstance(node.value, bool):
            yield str(node.value), node.lineno

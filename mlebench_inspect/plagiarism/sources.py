"""Code out of files that strangers wrote: scripts and notebooks, parsed without running anything."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from mlebench_inspect.plagiarism.comparing import Document
from mlebench_inspect.plagiarism.tokens import MAX_CODE, Unreadable

ENDINGS = (".py", ".ipynb")
MAX_FILE = 8 << 20
"""Bytes of one file; parsed JSON takes some twenty times as much memory."""
MAX_FILES = 2000
"""Files of one folder."""

_MAGIC = re.compile(r"^[ \t]*[%!?].*$", re.MULTILINE)
_OF_PYTHON = ("%%time", "%%capture", "%%writefile", "%%file", "%%prun", "%%memit", "%%python")


class Sources(NamedTuple):
    """What was read, and what was not, with the reason."""

    documents: list[Document]
    left_out: list[str]


def document(name: str, content: bytes) -> Document:
    """A script, or the code cells of a notebook, by the ending of its name.

    Raises:
        Unreadable: It is too large, no notebook, or of another language.
    """
    if len(content) > MAX_FILE:
        raise Unreadable(f"it has more than {MAX_FILE:,} bytes")
    text = content.decode("utf-8-sig", errors="replace")
    found = Document(name, code_of_notebook(text) if name.endswith(".ipynb") else text)
    _ = found.fingerprints  # reads it
    return found


def code_of_notebook(text: str) -> str:
    """The code cells of a notebook, with a comment before each; magics and cells of other languages are blank.

    Raises:
        Unreadable: It is no notebook of Python.
    """
    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as ex:
        raise Unreadable(f"it is no notebook: {type(ex).__name__}") from ex
    if not isinstance(found, dict):
        raise Unreadable("it is no notebook")
    language = _language(found)
    if not language.lower().startswith(("python", "ipython")):
        raise Unreadable(f"its language is {language[:40]}")
    code, length = list[str](), 0
    for number, cell in enumerate(_cells(found), 1):
        source = _source(cell)
        length += len(source)
        if length > MAX_CODE:
            raise Unreadable(f"it has more than {MAX_CODE:,} characters of code")
        code.append(f"# cell {number}\n{_without_magics(source)}\n")
    return "".join(code)


def _language(notebook: dict[str, Any]) -> str:
    about = notebook.get("metadata")
    for part, key in (("language_info", "name"), ("kernelspec", "language")):
        told = about.get(part) if isinstance(about, dict) else None
        if isinstance(told, dict) and isinstance(told.get(key), str):
            return str(told[key])
    return "python"


def _cells(notebook: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The code cells; older notebooks keep them in worksheets."""
    lists = [notebook.get("cells")]
    sheets = notebook.get("worksheets")
    lists += [s.get("cells") for s in sheets if isinstance(s, dict)] if isinstance(sheets, list) else []
    for cells in lists:
        for cell in cells if isinstance(cells, list) else ():
            if isinstance(cell, dict) and cell.get("cell_type") == "code":
                yield cell


def _source(cell: dict[str, Any]) -> str:
    source = cell.get("source", cell.get("input"))
    if isinstance(source, list):
        return "".join(line for line in source if isinstance(line, str))
    return source if isinstance(source, str) else ""


def _without_magics(source: str) -> str:
    if source.lstrip().startswith("%%") and not source.lstrip().startswith(_OF_PYTHON):
        return "\n" * source.count("\n")
    return _MAGIC.sub("", source)


def read_folder(folder: Path) -> Sources:
    """All scripts and notebooks in a folder and those below; links are not followed."""
    found = Sources([], [])
    for number, path in enumerate(_paths(folder)):
        name = path.relative_to(folder).as_posix()
        if number == MAX_FILES:
            found.left_out.append(f"all behind {name}: there are more than {MAX_FILES:,} files")
            break
        try:
            with open(path, "rb") as file:
                found.documents.append(document(name, file.read(MAX_FILE + 1)))
        except (Unreadable, OSError) as ex:
            found.left_out.append(f"{name}: {ex.strerror if isinstance(ex, OSError) else ex}")
    return found


def _paths(folder: Path) -> Iterator[Path]:
    for where, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(names):
            path = Path(where, name)
            if name.endswith(ENDINGS) and path.is_file() and not path.is_symlink():
                yield path

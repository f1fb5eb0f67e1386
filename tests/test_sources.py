"""Code out of files that strangers wrote: scripts, notebooks, archives, and what is hostile among them."""

from __future__ import annotations

import gzip
import json
import tarfile
from pathlib import Path
from typing import Any

import pytest

from kept_code import archive
from mlebench_inspect.plagiarism import kept, sources
from mlebench_inspect.plagiarism.comparing import Document, likeness
from mlebench_inspect.plagiarism.sources import code_of_notebook, document, read_folder
from mlebench_inspect.plagiarism.tokens import MAX_CODE, Unreadable, tokens_of
from pairs import functions, program


def kinds(code: str) -> str:
    return " ".join(token.kind for token in tokens_of(code))


def notebook(*cells: str | list[str], **about: Any) -> str:
    return json.dumps({"cells": [{"cell_type": "code", "source": c} for c in cells], "metadata": {}, **about})


def test_tokens() -> None:
    code = """import a, b; c = 1
from x import (
    y,
)
def f(x, *, y=1.5):  # why
    '''What.'''
    z = f"a{x!r}" "b"  ; w = 'x' if True else -2
    return z \\
        + w
"""
    assert kinds(code) == "n = 0 def n ( n , * , n = 0 ) : n = s n s n = s if True else - 0 return n + n"
    assert [t.line for t in tokens_of(code)][:4] == [1, 1, 1, 5]
    assert [t.line for t in tokens_of(code)][-2:] == [9, 9]
    assert kinds(code.replace("\n", "\r\n")) == kinds(code)


def test_code_that_is_no_python_has_tokens_too() -> None:
    assert kinds("def f(:\n  ]]] x = $ 'open") != ""
    assert "n" in kinds("import (\n" + "x = 1\n" * 400)  # an import that never ends hides nothing


@pytest.mark.parametrize(
    "code",
    [
        "match " * 150_000 + "_",
        "match" + " " * 900_000,
        "match" + "\f" * 900_000,
        "\n" * 900_000,
        "(" * 200_000,
        "\0" * 100_000,
        '"' + "{a" * 200_000,
        "'''" + '"""\n' * 200_000,
        "from " + "\\\n" * 400_000,
        "1_" * 400_000,
        "\ud800é" * 1000,
    ],
    ids=range(11),
)
def test_hostile_code_ends(code: str) -> None:
    document_ = Document("code", code)
    assert len(document_.tokens) <= len(code)
    likeness(document_, document_)


def test_code_that_is_too_long_is_refused() -> None:
    with pytest.raises(Unreadable, match="characters"):
        tokens_of("x" * (MAX_CODE + 1))


def test_a_notebook_is_its_code_cells() -> None:
    text = notebook(["%matplotlib inline\n", "x = 1\n"], "!pip install y\nz = 2", "%%bash\nrm -rf a\n", "%%time\nw = 3")
    code = code_of_notebook(text)
    assert kinds(code) == "n = 0 n = 0 n = 0"
    assert code.split("\n")[0] == "# cell 1"
    old = {"worksheets": [{"cells": [{"cell_type": "code", "input": ["x = 1"]}, {"cell_type": "markdown"}]}]}
    assert kinds(code_of_notebook(json.dumps(old))) == "n = 0"


def test_a_notebook_is_like_the_script_of_its_cells() -> None:
    parts = functions(1)
    script, book = Document("a", program(parts)), document("b.ipynb", notebook(program([]), *parts).encode())
    assert likeness(script, book).similarity == 1.0


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "no notebook"),
        ("[1]", "no notebook"),
        ("[" * 100_000, "no notebook"),
        ('{"a": ' * 50_000, "no notebook"),
        ("1" * 10_000, "no notebook"),
        (notebook("x", metadata={"kernelspec": {"language": "R"}}), "language is R"),
        (notebook("x" * (MAX_CODE + 1)), "characters of code"),
    ],
)
def test_a_broken_notebook_is_refused(text: str, why: str) -> None:
    with pytest.raises(Unreadable, match=why):
        code_of_notebook(text)


@pytest.mark.parametrize(
    "found",
    [
        {},
        {"cells": {}},
        {"cells": [None, 1, [], {"cell_type": []}, {"cell_type": "code"}, {"cell_type": "code", "source": [1, {}]}]},
        {"cells": [], "worksheets": [1, {"cells": 2}], "metadata": {"language_info": {"name": 3}, "kernelspec": []}},
        {"cells": [{"cell_type": "code", "source": {"a": 1}}], "metadata": []},
    ],
)
def test_odd_json_has_no_code(found: Any) -> None:
    assert tokens_of(code_of_notebook(json.dumps(found))) == []


def test_a_folder_is_read_without_links(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "secret.py").write_text("x = 1")
    folder = tmp_path / "notebooks"
    (folder / "deep").mkdir(parents=True)
    (folder / "deep" / "a.py").write_text("x = 1")
    (folder / "b.ipynb").write_text("no")
    (folder / "c.txt").write_text("x")
    (folder / "link.py").symlink_to(tmp_path / "secret.py")
    (folder / "loop").symlink_to(folder)
    found = read_folder(folder)
    assert [d.name for d in found.documents] == ["deep/a.py"]
    assert found.left_out == ["b.ipynb: it is no notebook: JSONDecodeError"]
    monkeypatch.setattr(sources, "MAX_FILE", 3)
    assert "deep/a.py: it has more than 3 bytes" in read_folder(folder).left_out
    monkeypatch.setattr(sources, "MAX_FILES", 1)
    assert read_folder(folder).left_out[-1] == "all behind deep/a.py: there are more than 1 files"


def test_an_archive_is_read_without_links_and_all_files_as_one(tmp_path: Path) -> None:
    link = tarfile.TarInfo("code/link.py")
    link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
    device = tarfile.TarInfo("code/device.py")
    device.type = tarfile.CHRTYPE
    first, second = functions(1, 4), functions(2, 4)
    files = {"code/a.py": program(first), "../../b.py": program(second), "code/c.csv": "1,2"}
    found = kept.read_archive(archive(tmp_path / "code.tar.gz", files, [link, device]))
    assert [d.name for d in found.documents] == ["code/a.py", "../../b.py", kept.TOGETHER]
    whole = Document("notebook", program([*first, *second]))
    assert likeness(found.documents[2], whole).similarity > 0.95
    assert likeness(found.documents[0], whole).similarity < 0.8
    assert not list(tmp_path.rglob("*.py"))


def test_an_archive_holds_names_of_any_kind(tmp_path: Path) -> None:
    """What a header has no room for stands in one of its own."""
    names = ["code/" + "long/" * 60 + "a.py", "code/größe \u202e.py"]
    found = kept.read_archive(archive(tmp_path / "code.tar.gz", dict.fromkeys(names, "x = 1")))
    assert [d.name for d in found.documents] == [*names, kept.TOGETHER]
    assert found.left_out == []


def test_an_archive_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    many = archive(tmp_path / "many.tar.gz", {f"{n}.py": "x = 1" for n in range(5)})
    monkeypatch.setattr(kept, "MAX_FILES", 3)
    found = kept.read_archive(many)
    assert len(found.documents) == 4
    assert found.left_out == ["3.py and all behind it: there are more than 3 files"]
    monkeypatch.setattr(kept, "MAX_FILE", 4)
    assert kept.read_archive(many).documents == []
    bomb = archive(tmp_path / "bomb.tar.gz", {"zeros.bin": bytes(20_000_000)})
    monkeypatch.setattr(kept, "MAX_ARCHIVE", 1_000_000)
    with pytest.raises(OSError, match="holds more than"):
        kept.read_archive(bomb)


@pytest.mark.parametrize("kind", [tarfile.XHDTYPE, tarfile.XGLTYPE, tarfile.GNUTYPE_LONGNAME, tarfile.GNUTYPE_SPARSE])
def test_a_header_that_would_fill_the_memory_is_refused(kind: bytes, tmp_path: Path) -> None:
    header = tarfile.TarInfo("x")
    header.type, header.size = kind, kept.MAX_HEADER + 1
    file = tmp_path / "code.tar.gz"
    file.write_bytes(gzip.compress(header.tobuf(tarfile.GNU_FORMAT) + bytes(4 << 20)))
    with pytest.raises(tarfile.TarError, match=r"a header has|never does"):
        kept.read_archive(file)

"""A file is refused by its shape, before anything of it is parsed; what is well formed is read as before."""

from __future__ import annotations

import random
import tracemalloc
from pathlib import Path

import pandas as pd
import pytest

from mlebench_inspect.graders import reading
from mlebench_inspect.graders.reading import read_submission
from mlebench_inspect.graders.shape import shape_of
from mlebench_inspect.graders.submission import InvalidSubmission

WIDE = b"," * 800_000 + b"\n"
SPARSE = b",".join(b"c%d" % k for k in range(9000)) + b"\n"

BEGINNINGS = {
    "nothing": b"",
    "byte order mark": b"\xef\xbb\xbf",
    "blank line": b"\n",
    "many blank lines": b"\n" * 5_000_000,
    "blanks and tabs": b" \t \r\n\t\n",
    "carriage returns": b"\r\r\n\r",
    "quoted newline": b'"a\nb\n",',
    "quoted newlines, 5 MB": b'"' + b"\n" * 5_000_000 + b'",',
    "blank lines and a quoted one": b'\n \n"a ""\r\n"" b",',
    "text after a quote": b'"a"b",c"\x20,',
}
REST = {
    "wide header": (WIDE, "columns"),
    "wide first row": (b"id\n" + WIDE, "fields"),
    "wide first row behind blank lines": (b"id\n \n\n" + WIDE, "fields"),
    "wide first row with a quoted newline": (b'id\n"\n\n",' + WIDE, "fields"),
    "short rows of a wide table": (SPARSE + b"1\n" * 100_000, "hold nothing"),
}


@pytest.mark.parametrize("rest", REST)
@pytest.mark.parametrize("beginning", BEGINNINGS)
def test_what_pandas_would_choke_on_is_refused_unparsed(
    beginning: str, rest: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    content, word = REST[rest]
    path = tmp_path / "submission.csv"
    path.write_bytes(BEGINNINGS[beginning] + content)
    monkeypatch.setattr(reading, "read_table", lambda *_, **__: pytest.fail("it was parsed"))
    tracemalloc.start()
    try:
        with pytest.raises(InvalidSubmission, match=f"{word}|longer than"):
            read_submission(path)
        assert tracemalloc.get_traced_memory()[1] < 20 << 20
    finally:
        tracemalloc.stop()


def random_file(rng: random.Random) -> bytes:
    """A file of a few records that are blank, quoted, ragged or broken in any way."""
    pieces = ["\n", "\r\n", "\r", " ", "\t", ",", ",", ",", '"', '""', "a", "b c", "1", '"a,b"', '"x\ny"', "\ufeff"]
    text = "".join(rng.choice(pieces) for _ in range(rng.randrange(40)))
    return text.replace("\r,", "\r\n,").encode()  # pandas loses a comma behind a lone carriage return


def test_the_header_is_the_one_that_pandas_finds(tmp_path: Path) -> None:
    path, rng, seen = tmp_path / "submission.csv", random.Random(0), 0
    for _ in range(3000):
        path.write_bytes(random_file(rng))
        try:
            table = pd.read_csv(path)
        except pd.errors.EmptyDataError:
            assert shape_of(path).header_fields == 0
            continue
        except (pd.errors.ParserError, IndexError):
            continue
        found, extra = shape_of(path), 0 if isinstance(table.index, pd.RangeIndex) else table.index.nlevels
        assert found.header_fields == len(table.columns), path.read_bytes()
        if len(table):
            assert max(found.first_row_fields - found.header_fields, 0) == extra, path.read_bytes()
        seen += 1
    assert seen > 1000


@pytest.mark.parametrize("ends", ["\n", "\r\n", "\r"])
def test_tables_with_few_gaps_are_read(ends: str, tmp_path: Path) -> None:
    path = tmp_path / "submission.csv"
    header = ",".join(f"c{k}" for k in range(300))
    path.write_text(ends.join([header, *["1"] * 1000, ""]), newline="", encoding="utf-8")
    assert read_submission(path).shape == (1000, 300)


def test_more_text_than_fits_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "submission.csv"
    path.write_text("id,a,b\n" + "1,x,y\n" * 50, encoding="utf-8")
    monkeypatch.setattr(reading, "MAX_TEXTS", 100)
    assert len(read_submission(path)) == 50
    monkeypatch.setattr(reading, "MAX_TEXTS", 99)
    with pytest.raises(InvalidSubmission, match="100 cells of text; at most 99 are read"):
        read_submission(path)

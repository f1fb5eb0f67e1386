"""What an agent may hand in, and what it is told."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from mlebench_inspect.graders.report import GradingReport
from mlebench_inspect.graders.submission import InvalidSubmission, require_labels
from mlebench_inspect.tasks import GradingError, competition

Prepared = Callable[..., Path]


@pytest.fixture
def titanic(prepared: Prepared) -> Path:
    return prepared("spaceship-titanic")


def grade(root: Path, path: Path, **options: Any) -> GradingReport:
    return competition("spaceship-titanic").grade(path, root / "prepared/private", data="miniature", **options)


BYTES = {
    "empty": (b"", "is empty"),
    "newlines": (b"\n\n\n", "is empty"),
    "NUL bytes": (b"PassengerId,Transported\n\x00\x00\n", "NUL"),
    "invalid UTF-8": (b"PassengerId,Transported\n\xff\xfe,1\n", "not UTF-8 text (byte 24: "),
    "invalid UTF-8 far down": (
        b"PassengerId,Transported\n" + b"\xc3\xa9a,1\n" * 400_000 + b"caf\xe9,1\n",
        "(byte 2,400,027",
    ),
    "UTF-16": ("PassengerId,Transported\n".encode("utf-16"), "UTF-16"),
    "gzip": (b"\x1f\x8b\x08\x00rest", "gzip"),
    "zip": (b"PK\x03\x04rest", "zip"),
    "Parquet": (b"PAR1rest", "Parquet"),
    "a million columns": (b"," * 1_000_000 + b"\n", "columns"),
    "an endless first line": (b"a" * (5 << 20), "first line"),
    "an extra comma in the last row": (
        b"PassengerId,Transported\n1,2\n1,2,\n",
        "line 3 has 3 fields, those before it 2",
    ),
    "an extra comma in the first row": (b"PassengerId,Transported\n1,2,\n1,2\n", "3 fields and the header 2"),
    "an extra comma in all rows": (b"PassengerId,Transported\n1,2,\n1,2,\n", "look for an extra comma"),
    "two extra commas": (b"PassengerId,Transported\n1,2,,\n1,2,,\n", "the first 2 fields of every row"),
    "formulas": (b"PassengerId,Transported\n=cmd|'/C calc'!A0,True\n", "rows"),
    "an unclosed quote": (b'PassengerId,Transported\n"0001_01,True\n' + b"x" * 1000, ""),
    "the header alone": (b"PassengerId,Transported\n", "0 rows"),
    "the header twice": (b"PassengerId,Transported\nPassengerId,Transported\n", "1 rows"),
}


@pytest.mark.parametrize("name", BYTES)
def test_bad_bytes_are_invalid_with_a_reason(name: str, titanic: Path, tmp_path: Path) -> None:
    content, words = BYTES[name]
    path = tmp_path / "submission.csv"
    path.write_bytes(content)
    report = grade(titanic, path)
    assert not report.valid_submission
    assert report.submission_exists
    assert report.medal == "none"
    assert words in (report.error or "")
    assert str(titanic) not in (report.error or "")


def test_links_folders_pipes_and_missing_files(titanic: Path, tmp_path: Path) -> None:
    link = tmp_path / "submission.csv"
    link.symlink_to(titanic / "prepared/private/test.csv")
    report = grade(titanic, link)
    assert not report.valid_submission
    assert "symbolic link" in (report.error or "")
    link.unlink()
    missing = grade(titanic, link)
    assert not missing.submission_exists
    assert "there is no file" in (missing.error or "")
    link.mkdir()
    assert "folder" in (grade(titanic, link).error or "")
    link.rmdir()
    os.mkfifo(link)
    assert "regular file" in (grade(titanic, link).error or "")


def test_size_is_capped(titanic: Path, tmp_path: Path) -> None:
    path = tmp_path / "submission.csv"
    path.write_text("PassengerId,Transported\n" + "0001_01,True\n" * 100)
    assert "at most 100 are read" in (grade(titanic, path, max_bytes=100).error or "")


def test_another_name_is_refused(titanic: Path, tmp_path: Path) -> None:
    path = tmp_path / "submission.txt"
    path.write_text("PassengerId,Transported\n")
    assert ".csv" in (grade(titanic, path).error or "")


def test_missing_answers_are_an_error_of_ours(tmp_path: Path) -> None:
    path = tmp_path / "submission.csv"
    path.write_text("PassengerId,Transported\n0001_01,True\n")
    with pytest.raises(GradingError, match="mlebench-inspect prepare spaceship-titanic"):
        grade(tmp_path, path)


def test_a_grader_that_fails_for_all_is_an_error_of_ours(
    titanic: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import mlebench_inspect.tasks.spaceship_titanic.grade as grader

    def broken(*args: object) -> float:
        raise ZeroDivisionError("a fault of ours")

    monkeypatch.setattr(grader, "grade", broken)
    path = tmp_path / "submission.csv"
    path.write_text("PassengerId,Transported\n0001_01,True\n")
    with pytest.raises(GradingError, match="fails for every submission"):
        grade(titanic, path)


def test_numbers_mixed_with_text_are_refused_where_the_text_is() -> None:
    table = pd.DataFrame({"id": range(4), "label": pd.Series([7, 8, "9", "dog"], dtype=object)})
    with pytest.raises(InvalidSubmission, match=r"id 3 has 'dog' \(1 such row\)"):
        require_labels(table, "label", id_column="id")
    require_labels(table.astype({"label": str}).astype({"label": object}), "label", id_column="id")


HEADERS = {
    "semicolons": ("PassengerId;Transported", "semicolons"),
    "tabs": ("PassengerId\tTransported", "tabs"),
    "blanks": ("PassengerId, Transported", "blanks"),
    "another case": ("passengerid,Transported", "case"),
    "a byte order mark": ('"\ufeffPassengerId",Transported', "byte order mark"),
    "no header": ("0001_01,1.0", "looks like a row of predictions"),
    "other names": ("id,target", ""),
}


@pytest.mark.parametrize("name", HEADERS)
def test_a_header_that_lacks_columns_is_shown_with_the_likely_cause(name: str, titanic: Path, tmp_path: Path) -> None:
    header, cause = HEADERS[name]
    path = tmp_path / "submission.csv"
    path.write_text(f"{header}\nTrue\n", encoding="utf-8")
    error = grade(titanic, path).error or ""
    assert f"found was {header.replace(chr(34), '')!r}" in error
    assert cause in error


def test_of_a_long_header_200_characters_are_shown(titanic: Path, tmp_path: Path) -> None:
    path = tmp_path / "submission.csv"
    path.write_text("x" * 5000 + "\n1\n")
    error = grade(titanic, path).error or ""
    assert "x" * 200 in error
    assert "x" * 201 not in error


def test_rows_with_a_further_field_that_count_as_valid_are_noticed(prepared: Prepared, tmp_path: Path) -> None:
    found = competition("google-quest-challenge")
    root = prepared(found.id) / "prepared"
    header, *rows = (root / found.sample_submission).read_text().splitlines()
    path = tmp_path / "submission.csv"
    path.write_text("\n".join([header, *(f"{row}," for row in rows)]) + "\n")
    report = found.grade(path, root / "private")
    assert report.valid_submission
    assert "extra comma" in (report.notice or "")
    assert found.grade(root / found.sample_submission, root / "private").notice is None

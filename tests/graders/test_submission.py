"""What an agent may hand in, and what it is told."""

from __future__ import annotations

import io
import os
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from mlebench_inspect.graders.submission import (
    InvalidSubmission,
    read_table,
    require_ids,
    require_labels,
    require_numbers,
)
from mlebench_inspect.tasks import GradingError, competition

Prepared = Callable[..., Path]


@pytest.fixture
def titanic(prepared: Prepared) -> Path:
    return prepared("spaceship-titanic")


def grade(root: Path, path: Path, **options: int):
    return competition("spaceship-titanic").grade(path, root / "prepared/private", data="miniature", **options)


BYTES = {
    "empty": (b"", "PassengerId"),
    "newlines": (b"\n\n\n", "PassengerId"),
    "NUL bytes": (b"PassengerId,Transported\n\x00\x00\n", "NUL"),
    "invalid UTF-8": (b"PassengerId,Transported\n\xff\xfe,1\n", "UTF-8"),
    "gzip": (b"\x1f\x8b\x08\x00rest", "gzip"),
    "zip": (b"PK\x03\x04rest", "zip"),
    "Parquet": (b"PAR1rest", "Parquet"),
    "a million columns": (b"," * 1_000_000 + b"\n", "columns"),
    "an endless first line": (b"a" * (5 << 20), "first line"),
    "ragged": (b"PassengerId,Transported\n1,2\n1,2,3,4\n", "CSV"),
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


@pytest.mark.parametrize("digits", [25, 500])
def test_whole_numbers_beyond_64_bits_are_read_as_text(digits: int) -> None:
    table = read_table(io.BytesIO(f"id,label\na,{'9' * digits}\nb,1\nc,\n".encode()))
    assert table["label"].tolist()[:2] == ["9" * digits, "1"]
    assert table["label"].isna().tolist() == [False, False, True]
    with pytest.raises(InvalidSubmission, match=r"column label must hold .* the row with id 'a' has '999"):
        require_numbers(table, ["label"], id_column="id", whole=True, missing=True)


def test_numbers_mixed_with_text_are_refused_where_the_text_is() -> None:
    table = pd.DataFrame({"id": range(4), "label": pd.Series([7, 8, "9", "dog"], dtype=object)})
    with pytest.raises(InvalidSubmission, match=r"id 3 has 'dog' \(1 such row\)"):
        require_labels(table, "label", id_column="id")
    require_labels(table.astype({"label": str}).astype({"label": object}), "label", id_column="id")


def test_the_word_among_numeric_ids_is_named() -> None:
    table = read_table(io.BytesIO(b"id\n1\n2\n3.jpg\n"))
    with pytest.raises(InvalidSubmission, match=r"^id '3\.jpg' \(1 in all\) not among the ids"):
        require_ids(table, pd.DataFrame({"id": [1, 2, 3]}), "id")

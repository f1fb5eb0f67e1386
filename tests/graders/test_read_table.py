"""Tables are read as pandas 2.2 reads them, whatever pandas is installed."""

from __future__ import annotations

import io
from itertools import permutations
from pathlib import Path

import pandas as pd
import pytest

from mlebench_inspect.graders.reading import read_submission, read_table
from mlebench_inspect.graders.submission import InvalidSubmission, as_floats, require_ids, require_numbers


def read(path: Path, *cells: str) -> list[object]:
    """The column of a submission that holds these cells."""
    path.write_text("id,v\n" + "".join(f"{k},{cell}\n" for k, cell in enumerate(cells)), encoding="utf-8")
    values: list[object] = read_submission(path)["v"].tolist()
    return values


@pytest.mark.parametrize(
    ("cells", "values"),
    [
        (["1e400"], ["1e400"]),
        (["1.8e308", "0.50"], ["1.8e308", "0.50"]),
        (["1" + "0" * 400 + ".0", "1"], ["1" + "0" * 400 + ".0", "1"]),
        (["1e400", "inf", "2"], ["1e400", "inf", "2"]),
        (["-1e400", "1"], [float("-inf"), 1.0]),
        (["inf", "+Infinity", "1"], [float("inf"), float("inf"), 1.0]),
        (["1e-400"], [0.0]),
        (["1_000", "1"], ["1_000", "1"]),
        (["9223372036854775807"], [2**63 - 1]),
        (["18446744073709551615"], [2**64 - 1]),
        (["18446744073709551616", "1"], ["18446744073709551616", "1"]),
        (["-9223372036854775809"], ["-9223372036854775809"]),
        (["9223372036854775808", "-1"], ["9223372036854775808", "-1"]),
        (["true", "FALSE"], [True, False]),
        (["True", "0"], ["True", "0"]),
    ],
)
def test_numerals(cells: list[str], values: list[object], tmp_path: Path) -> None:
    found = read(tmp_path / "submission.csv", *cells)
    assert found == values
    assert [type(v) for v in found] == [type(v) for v in values]


def test_of_a_long_file_only_the_block_with_a_number_too_large_is_text(tmp_path: Path) -> None:
    block = 262_144  # rows that pandas parses at once where there are two columns
    column = read(tmp_path / "submission.csv", *["0.5"] * (block - 1), "1", "1e400", *["2.50"] * 10)
    assert [column[0], column[block - 1]] == [0.5, 1.0]
    assert column[block:] == ["1e400", *["2.50"] * 10]


@pytest.mark.parametrize("digits", [25, 500])
def test_whole_numbers_beyond_64_bits_are_read_as_text(digits: int) -> None:
    table = read_table(io.BytesIO(f"id,label\na,{'9' * digits}\nb,1\nc,\n".encode()))
    assert table["label"].tolist()[:2] == ["9" * digits, "1"]
    assert table["label"].isna().tolist() == [False, False, True]
    with pytest.raises(InvalidSubmission, match=r"column label must hold .* the row with id 'a' has '999"):
        require_numbers(table, ["label"], id_column="id", whole=True, missing=True)


def test_text_is_taken_for_numbers_as_python_reads_them() -> None:
    table = pd.DataFrame({"a": ["1_000", "1e400", " 2"], "b": ["1", "x", "2"], "c": [1, 2, 3]}, dtype=object)
    found = as_floats(table.astype({"c": int}), ["a", "b", "c"])
    assert found["a"].tolist() == [1000.0, float("inf"), 2.0]
    assert found["b"].tolist() == ["1", "x", "2"]
    assert found["c"].dtype == int


def test_the_word_among_numeric_ids_is_named() -> None:
    table = read_table(io.BytesIO(b"id\n1\n2\n3.jpg\n"))
    with pytest.raises(InvalidSubmission, match=r"^id '3\.jpg' \(1 in all\) not among the ids"):
        require_ids(table, pd.DataFrame({"id": [1, 2, 3]}), "id")


LARGE, HUGE = str(2**63), str(2**64)


@pytest.mark.parametrize("order", list(permutations(range(3))))
@pytest.mark.parametrize(
    ("cells", "is_missing"),
    [
        ((HUGE, "NA", "word"), True),
        ((LARGE, "null", "word"), True),
        ((HUGE, "NA", "True"), True),
        ((HUGE, "NA", "5"), True),
        ((LARGE, "NA", "5"), False),
        ((LARGE, "null", "-1"), False),
    ],
)
def test_what_is_missing_beside_huge_numbers(cells: tuple[str, ...], is_missing: bool, order: tuple[int, ...]) -> None:
    """As pandas 2.2.3 reads these; pandas 3 has other ways with the first and the third."""
    lines = "".join(f"{k},{cells[k]}\n" for k in order)
    table = read_table(io.BytesIO(f"id,v\n{lines}".encode()))
    assert list(table["v"].isna()) == [is_missing and k == 1 for k in order]

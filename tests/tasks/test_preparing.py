"""The shared steps of preparations."""

from __future__ import annotations

from itertools import chain
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.model_selection import train_test_split

from mlebench_inspect.tasks.preparing import (
    DataError,
    place_files,
    read_csv,
    shuffled_group_split,
    unzip,
    unzip_renamed,
    write_csv,
    write_rows,
    zip_files,
)


@pytest.fixture
def table() -> pd.DataFrame:
    rng = np.random.default_rng(0)
    rows = pd.DataFrame({"key": [f"k{i}" for i in range(500)], "x": rng.normal(size=500), "n": rng.integers(0, 9, 500)})
    rows.loc[3, "key"] = 'with, comma and "quotes"'
    rows.loc[::7, "x"] = None
    return rows


@pytest.mark.parametrize("rows_at_a_time", [1, 64, 1000])
def test_rows_are_written_as_from_the_whole_table(table: pd.DataFrame, rows_at_a_time: int, tmp_path: Path) -> None:
    write_csv(table, tmp_path / "raw.csv")
    order = np.random.default_rng(1).permutation(500)
    parts = [(tmp_path / "first.csv", order[:400]), (tmp_path / "second.csv", order[400:])]
    types = {"key": object, "x": "float64", "n": "int64"}
    write_rows(
        tmp_path / "raw.csv", lambda n: parts[: n // 250], scratch=tmp_path, rows_at_a_time=rows_at_a_time, dtype=types
    )
    whole = read_csv(tmp_path / "raw.csv")
    for path, positions in parts:
        write_csv(whole.iloc[positions], tmp_path / "wanted.csv")
        assert path.read_bytes() == (tmp_path / "wanted.csv").read_bytes()
    assert {p.name for p in tmp_path.iterdir()} == {"raw.csv", "first.csv", "second.csv", "wanted.csv"}


@pytest.mark.parametrize(("text", "words"), [('a\n"x\ny"\n', "line break"), ("a\n", "no rows")])
def test_rows_of_an_unfit_table_are_refused(text: str, words: str, tmp_path: Path) -> None:
    (tmp_path / "raw.csv").write_text(text, encoding="utf-8")
    with pytest.raises(DataError, match=words):
        write_rows(tmp_path / "raw.csv", lambda n: [], scratch=tmp_path)


def test_shuffled_groups_are_those_of_scikit_learn(table: pd.DataFrame) -> None:
    groups = table["n"].astype(str) + table["key"].str[-1]
    listed = [rows.index.tolist() for _, rows in table.groupby(groups)]
    train, test = train_test_split(listed, test_size=0.1, random_state=0)
    found = shuffled_group_split(groups, 0.1)
    assert [part.tolist() for part in found] == [[*chain(*part)] for part in (train, test)]


def test_times_of_unpacked_files_tell_nothing(tmp_path: Path) -> None:
    archive = tmp_path / "a.zip"
    zip_files(archive, [("cat.jpg", b"1"), ("dog.jpg", b"2")])
    unzip(archive, tmp_path / "all")
    unzip_renamed(archive, [("dog.jpg", tmp_path / "0.jpg"), ("cat.jpg", tmp_path / "1.jpg")])
    files = [*(tmp_path / "all").iterdir(), tmp_path / "0.jpg", tmp_path / "1.jpg"]
    assert len({f.stat().st_mtime for f in files}) == 1


@pytest.mark.parametrize("fresh", [False, True])
def test_placed_files_are_links_unless_made_anew(fresh: bool, tmp_path: Path) -> None:
    source, target = tmp_path / "source", tmp_path / "folder/target"
    source.write_bytes(b"contents")
    assert place_files([(source, target)], fresh=fresh) == 1
    assert target.read_bytes() == b"contents"
    assert source.samefile(target) != fresh
    source.write_bytes(b"others")
    with pytest.raises(FileExistsError):
        place_files([(source, target)], fresh=fresh)
    assert target.read_bytes() == (b"contents" if fresh else b"others")

"""Floats as the default parser of pandas before 3.1 reads them; the expected values are those of pandas 2.2.3."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from mlebench_inspect.tasks.preparing import read_csv_plain

KNOWN = {
    "-122.08218400199999946": -122.082184002,
    "37.42357755000000125": 37.42357755,
    "0.30000000000000004": 0.3,
    "-0.0123456789012345678e-5": -1.23456789012345e-07,
    "4.9406564584124654e-324": 5e-324,
    "1.2345678901234567e+30": 1.2345678901234568e30,
    "37.4": 37.4,
    "12": 12.0,
}


def test_known_numbers(tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_text("id,x\n" + "".join(f"a,{text}\n" for text in KNOWN) + "b,\n")
    table = read_csv_plain(tmp_path / "x.csv")
    assert table["x"].tolist()[:-1] == list(KNOWN.values())
    assert np.isnan(table["x"].iloc[-1])
    assert table["id"].tolist() == ["a"] * len(KNOWN) + ["b"]


@pytest.mark.skipif(not pd.__version__.startswith("2."), reason="compares with the parser of pandas 2")
def test_agrees_with_pandas_2(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    numbers = rng.normal(size=20_000) * 10.0 ** rng.integers(-30, 30, 20_000)
    places = rng.integers(0, 20, 20_000)
    texts = [f"{x:.{p}{kind}}" for x, p, kind in zip(numbers, places, "ef" * 10_000, strict=True)]
    short = [t for t in texts if len(t.partition(".")[0]) < 19]
    (tmp_path / "x.csv").write_text("x\n" + "".join(f"{t}\n" for t in short))
    expected = pd.read_csv(tmp_path / "x.csv")["x"].to_numpy()
    assert (read_csv_plain(tmp_path / "x.csv")["x"].to_numpy() == expected).all()

"""1,800 records; two measurements together tell most of the state."""

from __future__ import annotations

from pathlib import Path

from mlebench_inspect.tasks.preparing import write_csv

ROWS = 1800


def make_raw(raw: Path, seed: int) -> None:
    """Writes `train.csv`. The state is 1 where `f_00` + `f_21` + normal noise is positive."""
    import numpy as np
    import pandas as pd

    rng = np.random.default_rng(seed)
    letters = rng.integers(ord("A"), ord("K"), (ROWS, 10), dtype=np.uint8)
    levels = {29: 2, 30: 3}

    def column(i: int) -> np.ndarray:
        if i == 27:
            return letters.view("S10")[:, 0].astype(str)
        if 7 <= i <= 18 or i in levels:
            return rng.integers(0, levels.get(i, 10), ROWS)
        return rng.normal(0, 200 if i == 28 else 1, ROWS).round(6)

    table = pd.DataFrame({"id": np.arange(ROWS), **{f"f_{i:02d}": column(i) for i in range(31)}})
    state = table["f_00"] + table["f_21"] + rng.normal(size=ROWS) > 0
    write_csv(table.assign(target=state.astype(int)), raw / "train.csv")

"""Small made-up raw data of the real layout, so that runs can be tried within seconds and without the real data."""

from __future__ import annotations

from pathlib import Path

from mlebench_inspect.tasks.preparing import write_csv

ROWS = 300


def make_raw(raw: Path, seed: int) -> None:
    """Writes the files that competition.yaml names as `raw_files`, with something to learn in them.

    All that is random comes from the seed: the same seed makes the same files.
    """
    import numpy as np
    import pandas as pd

    rng = np.random.default_rng(seed)
    metres = rng.uniform(20, 140, ROWS).round(1)
    district = rng.choice(["north", "east", "south", "west"], ROWS)
    dear = pd.Series(district).map({"north": 14.0, "east": 9.0, "south": 12.0, "west": 10.0}).to_numpy()
    flats = pd.DataFrame(
        {
            "id": rng.permutation(ROWS),
            "metres": metres,
            "rooms": np.clip(metres // 25, 1, 5).astype(int),
            "floor": rng.integers(0, 8, ROWS),
            "district": district,
            "rent": (metres * dear + rng.normal(0, 40, ROWS)).clip(100).round(2),
        }
    )
    write_csv(flats, raw / "flats.csv")

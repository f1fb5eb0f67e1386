"""20 cases of small scans; the organs are rectangles of different brightness in the middle slice."""

from __future__ import annotations

from pathlib import Path

from mlebench_inspect.tasks._miniature import encoded
from mlebench_inspect.tasks._run_length import encode
from mlebench_inspect.tasks.preparing import write_csv

CASES, SLICES = 20, 3
ORGANS = {"large_bowel": 20000, "small_bowel": 30000, "stomach": 40000}


def make_raw(raw: Path, seed: int) -> None:
    """Writes `train.csv` and the scans, 12 x 10 or 16 x 16 pixels. Every fourth case has six days, the others two."""
    import numpy as np
    import pandas as pd

    rng = np.random.default_rng(seed)
    rows = []
    for i in range(CASES):
        case, (width, height) = f"case{101 + i}", ((12, 10), (16, 16))[i % 2]
        for day in [f"day{9 * k}" for k in range(6 if i % 4 == 0 else 2)]:
            folder = raw / "train" / case / f"{case}_{day}" / "scans"
            folder.mkdir(parents=True)
            for z in range(1, SLICES + 1):
                pixels = rng.integers(0, 5000, (height, width))
                for k, (organ, grey) in enumerate(ORGANS.items()):
                    mask = np.zeros((height, width), dtype=bool)
                    if z == 2 or (z == 1 and rng.random() < 0.2):
                        row = rng.integers(1, height - 5)
                        mask[row : row + rng.integers(2, 5), 1 + 4 * k : 3 + 4 * k] = True
                    pixels[mask] = grey
                    rows.append((f"{case}_{day}_slice_{z:04d}", organ, encode(mask.ravel())))
                name = f"slice_{z:04d}_{width}_{height}_1.50_1.50.png"
                (folder / name).write_bytes(encoded(pixels.astype(np.uint16), "PNG"))
    write_csv(pd.DataFrame(rows, columns=["id", "class", "segmentation"]), raw / "train.csv")

"""60 grey seismic images; salt is the brighter half-plane below a line."""

from __future__ import annotations

from pathlib import Path

from mlebench_inspect.tasks._miniature import encoded, hex_name
from mlebench_inspect.tasks._run_length import encode
from mlebench_inspect.tasks.preparing import write_csv, zip_files

IMAGES, SIDE = 60, 101


def make_raw(raw: Path, seed: int) -> None:
    """Writes `competition_data.zip` and `depths.csv`. Salt is brighter than 150; a third has none, some no more."""
    import numpy as np
    import pandas as pd

    rng = np.random.default_rng(seed)
    ids = [hex_name(f"{seed} {i}", 9) + "abcdef"[i % 6] for i in range(IMAGES)]
    y, x = np.mgrid[:SIDE, :SIDE]
    masks, files = [], []
    for i, name in enumerate(ids):
        level, slope = rng.uniform(20, 80), rng.uniform(-0.5, 0.5)
        salt = y > level + slope * (x - SIDE / 2) if i % 3 else np.zeros((SIDE, SIDE), dtype=bool)
        salt = np.ones_like(salt) if i % 10 == 7 else salt
        pixels = (rng.integers(80, 121, (SIDE, SIDE)) + 80 * salt).astype(np.uint8)
        masks.append(encode(salt.T.ravel()))
        files += [
            (f"competition_data/train/images/{name}.png", encoded(pixels, "PNG")),
            (f"competition_data/train/masks/{name}.png", encoded(salt.astype(np.uint8) * 255, "PNG")),
        ]
    table = pd.DataFrame({"id": ids, "rle_mask": masks})
    files.append(("competition_data/train.csv", table.to_csv(index=False).encode()))
    zip_files(raw / "competition_data.zip", files)
    others = [hex_name(f"other {seed} {i}", 9) + "f" for i in range(20)]
    depths = pd.DataFrame({"id": [*others, *ids]}).assign(z=lambda t: 50 + 7 * np.arange(len(t)))
    write_csv(depths, raw / "depths.csv")

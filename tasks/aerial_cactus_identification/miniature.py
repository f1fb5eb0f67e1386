"""200 thumbnails; those with a cactus have a green block in the middle."""

from __future__ import annotations

from pathlib import Path

from mlebench_inspect.tasks._miniature import encoded, hex_name, noise, with_block
from mlebench_inspect.tasks.preparing import write_csv, zip_files

ROWS = 200


def make_raw(raw: Path, seed: int) -> None:
    """Writes `train.csv` and `train.zip`. Three of four images are positive; the mean of the green channel tells."""
    import numpy as np
    import pandas as pd

    rng = np.random.default_rng(seed)
    table = pd.DataFrame({"id": [f"{hex_name(f'c{i}')}.jpg" for i in range(ROWS)]}).sort_values("id")
    table["has_cactus"] = rng.permutation(np.arange(ROWS) % 4 != 0).astype(int)
    write_csv(table, raw / "train.csv")
    plain = [noise(rng, (32, 32), low=90, high=160) for _ in range(ROWS)]
    images = [with_block(p, (0, 60, 0)) if y else p for p, y in zip(plain, table["has_cactus"], strict=True)]
    names = [f"train/{name}" for name in table["id"]]
    zip_files(raw / "train.zip", zip(names, map(encoded, images), strict=True))

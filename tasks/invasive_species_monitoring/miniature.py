"""100 photographs; those with the invasive plant have a green block in the middle."""

from __future__ import annotations

from pathlib import Path

from mlebench_inspect.tasks._miniature import encoded, noise, with_block
from mlebench_inspect.tasks.preparing import write_7z, zip_files

ROWS = 100


def make_raw(raw: Path, seed: int) -> None:
    """Writes `train.7z` and `train_labels.csv.zip`. 63 % are positive; the mean of the green channel tells."""
    import numpy as np
    import pandas as pd

    rng = np.random.default_rng(seed)
    labels = rng.permutation(np.arange(ROWS) < 0.63 * ROWS).astype(int)
    table = pd.DataFrame({"name": range(1, ROWS + 1), "invasive": labels})
    zip_files(raw / "train_labels.csv.zip", [("train_labels.csv", table.to_csv(index=False).encode())])
    plain = [noise(rng, (32, 32), high=160) for _ in labels]
    images = [with_block(p, (0, 90, 0)) if y else p for p, y in zip(plain, labels, strict=True)]
    names = [f"train/{name}.jpg" for name in table["name"]]
    write_7z(raw / "train.7z", zip(names, map(encoded, images), strict=True))

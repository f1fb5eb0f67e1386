"""200 small pictures, the redder the higher the grade."""

from __future__ import annotations

from pathlib import Path

from mlebench_inspect.tasks._miniature import encoded, hex_name, noise
from mlebench_inspect.tasks.preparing import write_csv

ROWS = 200
SHARES = (0.5, 0.1, 0.25, 0.05, 0.1)


def make_raw(raw: Path, seed: int) -> None:
    """Writes `train.csv` and `train_images/`. The mean of the red channel tells the grade."""
    import numpy as np
    import pandas as pd

    rng = np.random.default_rng(seed)
    names = sorted(hex_name(f"a{i}", 12) for i in range(ROWS))
    table = pd.DataFrame({"id_code": names, "diagnosis": rng.choice(len(SHARES), ROWS, p=SHARES)})
    write_csv(table, raw / "train.csv")
    (raw / "train_images").mkdir()
    for name, level in zip(names, table["diagnosis"], strict=True):
        pixels = noise(rng, (64, 48), (40 * level, 0, 0))
        (raw / "train_images" / f"{name}.png").write_bytes(encoded(pixels, "PNG"))

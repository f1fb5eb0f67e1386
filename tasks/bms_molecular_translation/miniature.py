"""60 drawings in which the number of dark columns tells the molecule."""

from __future__ import annotations

from pathlib import Path

from mlebench_inspect.tasks._miniature import encoded, hex_name
from mlebench_inspect.tasks.preparing import write_csv

IMAGES, MOLECULES = 60, 6


def make_raw(raw: Path, seed: int) -> None:
    """Writes `train_labels.csv`, `extra_approved_InChIs.csv` and the images."""
    import numpy as np
    import pandas as pd

    rng = np.random.default_rng(seed)
    names = sorted(hex_name(f"{seed} {n}", 12) for n in range(IMAGES))
    atoms = rng.integers(1, MOLECULES + 1, IMAGES)
    for name, k in zip(names, atoms, strict=True):
        pixels = rng.integers(235, 256, (32, 24 + 4 * MOLECULES)).astype(np.uint8)
        pixels[4:28, 6 : 6 + 4 * k : 4] = 0
        path = raw / "train" / name[0] / name[1] / name[2] / f"{name}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(encoded(pixels, "PNG"))
    labels = [f"InChI=1S/C{k}H{2 * k + 2}/c1-2,3" for k in atoms]
    write_csv(pd.DataFrame({"image_id": names, "InChI": labels}), raw / "train_labels.csv")
    write_csv(pd.DataFrame({"InChI": ["InChI=1S/CH4/h1H4"]}), raw / "extra_approved_InChIs.csv")

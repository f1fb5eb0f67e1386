"""162 pictures of 80 whales, each in a hue of its own, and 20 of unknown ones, in grey."""

from __future__ import annotations

from pathlib import Path

from mlebench_inspect.tasks._miniature import encoded, hex_name, hue, noise
from mlebench_inspect.tasks.preparing import write_csv

UNKNOWN, SEVERAL, SINGLE = 20, 20, 60


def make_raw(raw: Path, seed: int) -> None:
    """Writes `train.csv` and `train/`; 20 whales have 2 to 6 pictures, 60 have one."""
    import numpy as np
    import pandas as pd

    rng = np.random.default_rng(seed)
    numbers = [-1] * UNKNOWN + [k for k in range(SEVERAL) for _ in range(2 + k % 5)]
    numbers += range(SEVERAL, SEVERAL + SINGLE)
    dealt = np.array(numbers)[rng.permutation(len(numbers))]
    names = sorted(hex_name(f"whale {i}", 8) + ".jpg" for i in range(len(dealt)))
    labels = ["new_whale" if k < 0 else f"w_{hex_name(f'w{k}', 7)}" for k in dealt]
    write_csv(pd.DataFrame({"Image": names, "Id": labels}), raw / "train.csv")
    (raw / "train").mkdir()
    for name, k in zip(names, dealt, strict=True):
        colour = (120, 120, 120) if k < 0 else hue(k / (SEVERAL + SINGLE), 160 if k % 2 else 90)
        (raw / "train" / name).write_bytes(encoded(noise(rng, colour=colour)))

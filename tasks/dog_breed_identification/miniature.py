"""480 pictures, four of each breed, in a colour of the breed."""

from __future__ import annotations

from pathlib import Path

from mlebench_inspect.tasks import competition
from mlebench_inspect.tasks._miniature import encoded, hex_name, noise
from mlebench_inspect.tasks.preparing import write_csv

PER_BREED = 4


def make_raw(raw: Path, seed: int) -> None:
    """Writes `labels.csv` and `train/`. The nearest mean colour tells the breed."""
    import numpy as np
    import pandas as pd

    rng = np.random.default_rng(seed)
    breeds = competition("dog-breed-identification").submission.target_columns
    number = rng.permutation(np.arange(PER_BREED * len(breeds)) % len(breeds))
    names = sorted(hex_name(f"d{i}") for i in range(len(number)))
    write_csv(pd.DataFrame({"id": names, "breed": [breeds[y] for y in number]}), raw / "labels.csv")
    (raw / "train").mkdir()
    for name, y in zip(names, number, strict=True):
        colour = (50 * (y % 5), 50 * (y // 5 % 5), 50 * (y // 25))
        (raw / "train" / f"{name}.jpg").write_bytes(encoded(noise(rng, (32, 32), colour, high=8)))

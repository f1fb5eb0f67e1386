"""180 pictures, 15 of each combination of labels, in a colour that tells the combination."""

from __future__ import annotations

from pathlib import Path

from mlebench_inspect.tasks._miniature import encoded, hex_name, hue, noise
from mlebench_inspect.tasks.preparing import write_csv

EACH = 15
COMBINATIONS = [
    "healthy",
    "scab",
    "frog_eye_leaf_spot",
    "rust",
    "complex",
    "powdery_mildew",
    "scab frog_eye_leaf_spot",
    "rust frog_eye_leaf_spot",
    "frog_eye_leaf_spot complex",
    "rust complex",
    "scab frog_eye_leaf_spot complex",
    "powdery_mildew complex",
]


def make_raw(raw: Path, seed: int) -> None:
    """Writes `train.csv` and `train_images/`. The mean colour tells the labels."""
    import numpy as np
    import pandas as pd

    rng = np.random.default_rng(seed)
    y = rng.permutation(np.arange(EACH * len(COMBINATIONS)) % len(COMBINATIONS))
    names = sorted(f"{hex_name(f'p{i}', 16)}.jpg" for i in range(len(y)))
    write_csv(pd.DataFrame({"image": names, "labels": [COMBINATIONS[i] for i in y]}), raw / "train.csv")
    (raw / "train_images").mkdir()
    for name, i in zip(names, y, strict=True):
        pixels = noise(rng, colour=hue(i / len(COMBINATIONS)))
        (raw / "train_images" / name).write_bytes(encoded(pixels))

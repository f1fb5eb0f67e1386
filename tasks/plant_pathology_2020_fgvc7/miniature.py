"""200 pictures in a colour that tells the condition."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from mlebench_inspect.tasks._miniature import encoded, hue, noise
from mlebench_inspect.tasks.preparing import train_test_positions, write_csv

if TYPE_CHECKING:
    import numpy as np

COUNTS = {"healthy": 54, "multiple_diseases": 28, "rust": 66, "scab": 52}


def make_raw(raw: Path, seed: int) -> None:
    """Writes `train.csv` and `images/`. The mean colour tells the condition."""
    import numpy as np
    import pandas as pd

    rng = np.random.default_rng(seed)
    y = _conditions(rng)
    names = [f"Train_{i}" for i in range(len(y))]
    table = pd.DataFrame({"image_id": names, **{c: (y == i).astype(int) for i, c in enumerate(COUNTS)}})
    write_csv(table, raw / "train.csv")
    (raw / "images").mkdir()
    for name, condition in zip(names, y, strict=True):
        pixels = noise(rng, colour=hue(condition / len(COUNTS)))
        (raw / "images" / f"{name}.jpg").write_bytes(encoded(pixels))


def _conditions(rng: np.random.Generator) -> np.ndarray:
    """The condition of each picture, shuffled so that all four occur among the test rows (else no score exists)."""
    import numpy as np

    y = np.repeat(np.arange(len(COUNTS)), list(COUNTS.values()))
    _, test = train_test_positions(len(y), 0.1)
    while True:
        rng.shuffle(y)
        if len(np.unique(y[test])) == len(COUNTS):
            return y

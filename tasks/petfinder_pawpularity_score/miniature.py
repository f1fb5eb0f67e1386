"""150 photographs in a colour that tells the target."""

from __future__ import annotations

from pathlib import Path

from mlebench_inspect.tasks._miniature import encoded, hex_name, hue, noise
from mlebench_inspect.tasks.preparing import write_csv

ROWS = 150
ATTRIBUTES = [
    *("Subject Focus", "Eyes", "Face", "Near", "Action", "Accessory"),
    *("Group", "Collage", "Human", "Occlusion", "Info", "Blur"),
]


def make_raw(raw: Path, seed: int) -> None:
    """Writes `train.csv` and `train/`. Colours go from red (1) to blue (100); the attributes say nothing."""
    import numpy as np
    import pandas as pd

    rng = np.random.default_rng(seed)
    names = sorted(hex_name(f"pet{i}") for i in range(ROWS))
    table = pd.DataFrame({"Id": names, **{a: rng.integers(0, 2, ROWS) for a in ATTRIBUTES}})
    table["Pawpularity"] = rng.integers(1, 101, ROWS)
    write_csv(table, raw / "train.csv")
    (raw / "train").mkdir()
    for name, target in zip(names, table["Pawpularity"], strict=True):
        pixels = noise(rng, colour=hue(target / 150))
        (raw / "train" / f"{name}.jpg").write_bytes(encoded(pixels))

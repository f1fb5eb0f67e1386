"""160 pictures in eight hues; the hue tells three attributes of each."""

from __future__ import annotations

from pathlib import Path

from mlebench_inspect.tasks._miniature import encoded, hex_name, hue, noise
from mlebench_inspect.tasks.preparing import write_csv

ROWS, HUES = 160, 8
GROUPS = ("country", "culture", "dimension", "medium", "tags")


def make_raw(raw: Path, seed: int) -> None:
    """Writes `train.csv`, `train/` and `labels.csv` with 13 attributes."""
    import numpy as np
    import pandas as pd

    rng = np.random.default_rng(seed)
    order = rng.permutation(ROWS)
    names = sorted(hex_name(f"imet {i}") for i in range(ROWS))
    lists = []
    for i in order:
        attributes = [i % HUES, HUES + i % HUES % 3, 11] + [12] * (i % 2)
        lists.append(" ".join(str(a) for a in rng.permutation(attributes)))
    write_csv(pd.DataFrame({"id": names, "attribute_ids": lists}), raw / "train.csv")
    labels = pd.DataFrame({"attribute_id": range(13), "attribute_name": [f"{GROUPS[i % 5]}::{i}" for i in range(13)]})
    write_csv(labels, raw / "labels.csv")
    (raw / "train").mkdir()
    for name, i in zip(names, order, strict=True):
        picture = noise(rng, colour=hue(i % HUES / HUES))
        (raw / "train" / f"{name}.png").write_bytes(encoded(picture, "PNG"))

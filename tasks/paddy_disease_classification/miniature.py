"""160 pictures, 16 of each label, in a colour that tells the label."""

from __future__ import annotations

from pathlib import Path

from mlebench_inspect.tasks._miniature import encoded, hue, noise
from mlebench_inspect.tasks.paddy_disease_classification.grade import LABELS
from mlebench_inspect.tasks.preparing import write_csv

EACH = 16


def make_raw(raw: Path, seed: int) -> None:
    """Writes `train.csv`, grouped by label, `sample_submission.csv` and `train_images/<label>/`."""
    import numpy as np
    import pandas as pd

    rng = np.random.default_rng(seed)
    y = np.repeat(np.arange(len(LABELS)), EACH)
    table = pd.DataFrame(
        {
            "image_id": [f"{i}.jpg" for i in 100_001 + rng.permutation(len(y))],
            "label": [LABELS[i] for i in y],
            "variety": np.where(np.arange(len(y)) % 2 == 0, "ADT45", "Zonal"),
            "age": rng.integers(45, 83, len(y)),
        }
    )
    write_csv(table, raw / "train.csv")
    write_csv(
        pd.DataFrame({"image_id": ["200001.jpg", "200002.jpg"], "label": ["", ""]}), raw / "sample_submission.csv"
    )
    for i, name in zip(y, table["image_id"], strict=True):
        path = raw / "train_images" / LABELS[i] / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(encoded(noise(rng, colour=hue(i / len(LABELS)))))

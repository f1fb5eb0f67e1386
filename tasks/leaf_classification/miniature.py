"""198 specimens, two of each species, whose features lie close together; the leaf is a disc."""

from __future__ import annotations

from pathlib import Path

from mlebench_inspect.tasks._miniature import encoded
from mlebench_inspect.tasks.leaf_classification.grade import SPECIES
from mlebench_inspect.tasks.preparing import zip_files

ROWS = 2 * len(SPECIES)
FEATURES = [f"{kind}{i}" for kind in ("margin", "shape", "texture") for i in range(1, 65)]


def make_raw(raw: Path, seed: int) -> None:
    """Writes `train.csv.zip` and `images.zip`. The radius of the disc grows with the species' number."""
    import numpy as np
    import pandas as pd

    rng = np.random.default_rng(seed)
    species = np.arange(ROWS) % len(SPECIES)
    centres = rng.uniform(0, 0.05, (len(SPECIES), len(FEATURES)))
    values = (centres[species] + rng.normal(0, 0.003, (ROWS, len(FEATURES)))).clip(0, 1).round(6)
    table = pd.DataFrame(values, columns=FEATURES)
    table.insert(0, "id", np.arange(1, ROWS + 1))
    table.insert(1, "species", np.array(SPECIES)[species])
    order = rng.permutation(ROWS)
    zip_files(raw / "train.csv.zip", [("train.csv", table.iloc[order].to_csv(index=False).encode())])

    y, x = np.mgrid[:32, :32] - 15.5
    distance = np.hypot(x, y)
    discs = [np.where(distance < 3 + s / 8 + rng.uniform(0, 0.1), 255, 0).astype(np.uint8) for s in species]
    zip_files(raw / "images.zip", [(f"images/{i + 1}.jpg", encoded(disc)) for i, disc in enumerate(discs)])

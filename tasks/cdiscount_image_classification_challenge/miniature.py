"""300 products of four categories with one to three pictures each, in a colour of the category."""

from __future__ import annotations

from pathlib import Path

from mlebench_inspect.tasks._miniature import encoded, hue, noise
from mlebench_inspect.tasks.preparing import write_csv

PRODUCTS, CATEGORIES = 300, (1000010653, 1000004079, 1000018290, 1000021794)


def make_raw(raw: Path, seed: int) -> None:
    """Writes `train.bson`, `train_example.bson` and `category_names.csv`."""
    import bson
    import numpy as np
    import pandas as pd

    rng = np.random.default_rng(seed)
    ids = np.cumsum(rng.integers(1, 4, PRODUCTS)).tolist()
    kinds = (rng.permutation(PRODUCTS) % len(CATEGORIES)).tolist()
    documents = []
    for product, k in zip(ids, kinds, strict=True):
        pictures = [
            {"picture": encoded(noise(rng, (18, 18), hue(k / len(CATEGORIES))))} for _ in range(rng.integers(1, 4))
        ]
        documents.append(bson.encode({"_id": product, "category_id": CATEGORIES[k], "imgs": pictures}))
    (raw / "train.bson").write_bytes(b"".join(documents))
    (raw / "train_example.bson").write_bytes(b"".join(documents[:100]))
    names = [(c, "MEUBLES", f"RAYON {k}", f"ÉTAGÈRE {k}") for k, c in enumerate(CATEGORIES)]
    levels = [f"category_level{i}" for i in (1, 2, 3)]
    write_csv(pd.DataFrame(names, columns=["category_id", *levels]), raw / "category_names.csv")

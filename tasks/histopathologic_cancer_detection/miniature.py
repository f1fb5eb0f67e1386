"""200 labelled patches; those with tumour tissue have a green block in the middle."""

from __future__ import annotations

import hashlib
from pathlib import Path

from mlebench_inspect.tasks._miniature import encoded, noise, with_block
from mlebench_inspect.tasks.preparing import write_csv

TRAIN, TEST = 200, 50


def make_raw(raw: Path, seed: int) -> None:
    """Writes `train_labels.csv`, `train/` and `test/`. Two of five patches are positive; the green channel tells."""
    import numpy as np
    import pandas as pd

    rng = np.random.default_rng(seed)
    table = pd.DataFrame({"id": [_name(f"h{i}") for i in range(TRAIN)]})
    table["label"] = rng.permutation(np.arange(TRAIN) % 5 < 2).astype(int)
    write_csv(table, raw / "train_labels.csv")
    for part, names in (("train", list(table["id"])), ("test", [_name(f"t{i}") for i in range(TEST)])):
        (raw / part).mkdir()
        labels = table["label"] if part == "train" else [0] * TEST
        for name, label in zip(names, labels, strict=True):
            pixels = noise(rng, (96, 96), low=110, high=142)
            pixels = with_block(pixels, (0, 60, 0)) if label else pixels
            (raw / part / f"{name}.tif").write_bytes(encoded(pixels, "TIFF", compression="tiff_adobe_deflate"))


def _name(text: str) -> str:
    return hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest()

"""400 phrase pairs; the more words two phrases share, the higher their score."""

from __future__ import annotations

from pathlib import Path

from mlebench_inspect.tasks._miniature import hex_name
from mlebench_inspect.tasks.preparing import write_csv

ROWS = 400
WORDS = ["abatement", "drive", "cooling", "memory", "valve", "sensor"]


def make_raw(raw: Path, seed: int) -> None:
    """Writes `train.csv`. Pairs of score 1 are the same phrase, those of 0.5 and 0.75 share a word, others none."""
    import numpy as np
    import pandas as pd

    rng = np.random.default_rng(seed)
    words, score = rng.choice(WORDS, ROWS), rng.choice([0, 0.25, 0.5, 0.75, 1], ROWS)
    table = pd.DataFrame(
        {
            "id": [hex_name(str(i), 16) for i in range(ROWS)],
            "anchor": [f"{w} unit" for w in words],
            "target": [
                f"{w} unit" if s == 1 else f"{w} x" if s >= 0.5 else "other thing"
                for w, s in zip(words, score, strict=True)
            ],
            "context": rng.choice(["A47", "H01"], ROWS),
            "score": score,
        }
    )
    write_csv(table, raw / "train.csv")

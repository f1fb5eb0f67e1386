"""300 short texts; each author has words of his or her own."""

from __future__ import annotations

from pathlib import Path

from mlebench_inspect.tasks.preparing import zip_files

ROWS = 300
WORDS = {
    "EAP": ["pit", "raven", "cask"],
    "HPL": ["cult", "abyss", "elder"],
    "MWS": ["glacier", "creature", "father"],
}
NEUTRAL = ["the", "of", "night,", '"alas"']


def make_raw(raw: Path, seed: int) -> None:
    """Writes `train.zip` with `train.csv`. A bag of words separates the authors nearly perfectly."""
    import numpy as np
    import pandas as pd

    rng = np.random.default_rng(seed)
    authors = [list(WORDS)[i % 3] for i in range(ROWS)]
    texts = [" ".join(rng.permutation([*rng.choice(WORDS[a], 3), *NEUTRAL])) for a in authors]
    table = pd.DataFrame({"id": [f"id{i:05d}" for i in range(ROWS)], "text": texts, "author": authors})
    zip_files(raw / "train.zip", [("train.csv", table.to_csv(index=False).encode())])

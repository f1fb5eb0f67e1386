"""300 essays; the longer, the better."""

from __future__ import annotations

from pathlib import Path

from mlebench_inspect.tasks.preparing import write_csv

ROWS = 300


def make_raw(raw: Path, seed: int) -> None:
    """Writes `train.csv`. An essay of score s has 20 s to 20 s + 9 words; all scores occur in both parts."""
    import numpy as np
    import pandas as pd

    from mlebench_inspect.tasks.preparing import train_test_positions

    rng = np.random.default_rng(seed)
    score = rng.integers(1, 7, ROWS)
    for rows in train_test_positions(ROWS, 0.1):
        score[rows[:6]] = rng.permutation(6) + 1
    words = 20 * score + rng.integers(0, 10, ROWS)
    # Every tenth word ends a line, every seventh a clause.
    endings = np.array(["\n" if i % 10 == 9 else ", " if i % 7 == 6 else " " for i in range(words.max())])
    texts = ["".join("word" + e for e in endings[:w]).strip() for w in words]
    table = pd.DataFrame({"essay_id": [f"{i:07x}" for i in range(ROWS)], "full_text": texts, "score": score})
    write_csv(table, raw / "train.csv")

"""200 comments to learn from and 100 to judge; a word gives most insults away."""

from __future__ import annotations

from pathlib import Path

from mlebench_inspect.tasks.preparing import write_csv

TRAIN, TEST = 200, 100


def make_raw(raw: Path, seed: int) -> None:
    """Writes `train.csv` and `test_with_solutions.csv`. The rule "idiot" finds 90 % of the insults."""
    import numpy as np
    import pandas as pd

    rng = np.random.default_rng(seed)

    def comments(first: int, count: int) -> pd.DataFrame:
        number = np.arange(first, first + count)
        insult = np.where(np.arange(count) < 4, np.arange(count) % 2, rng.random(count) < 0.27).astype(int)
        word = np.where((insult == 1) & (rng.random(count) < 0.9), "idiot", "friend")
        dates = [None if i % 5 == 0 else f"201206{i % 28 + 1:02d}000000Z" for i in range(count)]
        texts = [f'"comment {n}:\\nyou are an\\xa0{w}"' for n, w in zip(number, word, strict=True)]
        return pd.DataFrame({"Insult": insult, "Date": dates, "Comment": texts})

    write_csv(comments(0, TRAIN), raw / "train.csv")
    usage = np.where(np.arange(TEST) % 2, "PublicTest", "PrivateTest")
    write_csv(comments(1000, TEST).assign(Usage=usage), raw / "test_with_solutions.csv")

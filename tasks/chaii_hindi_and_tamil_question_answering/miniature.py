"""100 questions for the year in which an article was written."""

from __future__ import annotations

from pathlib import Path

from mlebench_inspect.tasks.preparing import write_csv

ROWS = 100


def make_raw(raw: Path, seed: int) -> None:
    """Writes `train.csv`. The answer is a year, in every third row with the word before it."""
    import numpy as np
    import pandas as pd

    rng = np.random.default_rng(seed)
    years = 1900 + rng.permutation(ROWS)
    rows = []
    for i, year in enumerate(years):
        context = f"यह लेख {i},\nसन {year} में लिखा गया"
        answer = f"सन {year}" if i % 3 == 0 else str(year)
        language = "tamil" if i % 2 else "hindi"
        rows.append((f"{i * 104729:09x}", context, "कब लिखा गया?", answer, context.index(str(year)), language))
    columns = ["id", "context", "question", "answer_text", "answer_start", "language"]
    write_csv(pd.DataFrame(rows, columns=columns), raw / "train.csv")

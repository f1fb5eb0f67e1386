"""300 tweets; each sentiment has phrases of its own."""

from __future__ import annotations

from pathlib import Path

from mlebench_inspect.tasks.preparing import write_csv

ROWS = 300
PHRASES = {
    "positive": ["love this", "so happy"],
    "negative": ["hate it", "so sad"],
    "neutral": ["whatever"],
}


def make_raw(raw: Path, seed: int) -> None:
    """Writes `train.csv`. The selected text is the sentiment's phrase, or the whole tweet where it is neutral."""
    import numpy as np
    import pandas as pd

    rng = np.random.default_rng(seed)
    rows = []
    for i in range(ROWS):
        sentiment = list(PHRASES)[i % 3]
        phrase = str(rng.choice(PHRASES[sentiment]))
        text = f"today i {phrase} at work {i}"
        rows.append((f"{i * 7919:010x}", text, text if sentiment == "neutral" else phrase, sentiment))
    write_csv(pd.DataFrame(rows, columns=["textID", "text", "selected_text", "sentiment"]), raw / "train.csv")

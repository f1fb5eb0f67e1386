"""500 phrases of 100 sentences; a word tells the class, which most phrases of a sentence share."""

from __future__ import annotations

from pathlib import Path

from mlebench_inspect.tasks.preparing import zip_files

ROWS, PER_SENTENCE, SHARED = 500, 5, 0.8
WORDS = ["awful", "weak", "plain", "decent", "superb"]


def make_raw(raw: Path, seed: int) -> None:
    """Writes `train.tsv.zip`. Two of the phrases look like missing values."""
    import numpy as np
    import pandas as pd

    rng = np.random.default_rng(seed)
    n = np.arange(ROWS)
    of_sentence = rng.integers(0, len(WORDS), ROWS // PER_SENTENCE)[n // PER_SENTENCE]
    sentiment = np.where(rng.random(ROWS) < SHARED, of_sentence, rng.integers(0, len(WORDS), ROWS))
    noun = rng.choice(["film", "plot", "cast"], ROWS)
    phrase = [f"a {WORDS[s]} {w}" for s, w in zip(sentiment, noun, strict=True)]
    first, second = rng.choice(ROWS, 2, replace=False)
    phrase[first], phrase[second] = "None", "null"
    table = pd.DataFrame(
        {"PhraseId": n + 1, "SentenceId": n // PER_SENTENCE + 1, "Phrase": phrase, "Sentiment": sentiment}
    )
    zip_files(raw / "train.tsv.zip", [("train.tsv", table.to_csv(index=False, sep="\t").encode())])

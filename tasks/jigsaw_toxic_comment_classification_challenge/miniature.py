"""300 comments to learn from and 200 to judge, of which every third is not scored; each label has a word of its own."""

from __future__ import annotations

from pathlib import Path

from mlebench_inspect.tasks.jigsaw_toxic_comment_classification_challenge.grade import CLASSES
from mlebench_inspect.tasks.preparing import zip_files

TRAIN, TEST = 300, 200
WORDS = ["nasty", "vile", "filthy", "beware", "moron", "outsiders"]


def make_raw(raw: Path, seed: int) -> None:
    """Writes the four archives. Each label is 1 in a fifth of the rows, and its word tells it in 95 % of them."""
    import numpy as np
    import pandas as pd

    rng = np.random.default_rng(seed)

    def comments(first: int, count: int) -> pd.DataFrame:
        labels = (rng.random((count, len(CLASSES))) < 0.2).astype(int)
        told = (labels == 1) & (rng.random(labels.shape) < 0.95)
        texts = [" ".join(["word", *np.array(WORDS)[row]]) + ',\nsaid "x"' for row in told]
        table = pd.DataFrame(labels, columns=CLASSES)
        table.insert(0, "id", [f"{n:016x}" for n in range(first, first + count)])
        table.insert(1, "comment_text", texts)
        return table

    train, test = comments(0xA00000, TRAIN), comments(0xB00000, TEST)
    labels = test[["id", *CLASSES]].copy()
    labels.loc[::3, CLASSES] = -1
    tables = {
        "train": train,
        "test": test[["id", "comment_text"]],
        "test_labels": labels,
        "sample_submission": labels.assign(**dict.fromkeys(CLASSES, 0.5)),
    }
    for name, table in tables.items():
        zip_files(raw / f"{name}.csv.zip", [(f"{name}.csv", table.to_csv(index=False).encode())])

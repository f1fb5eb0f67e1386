"""50 pages with six characters each, drawn as rectangles whose grey tells the character."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from mlebench_inspect.tasks._miniature import encoded, noise
from mlebench_inspect.tasks.preparing import write_csv, zip_files

if TYPE_CHECKING:
    import pandas as pd

PAGES, CODES = 50, ("U+3042", "U+3044", "U+3046", "U+3048", "U+304A", "U+4E00")
WIDTH, HEIGHT = 25, 30


def make_raw(raw: Path, seed: int) -> None:
    """Writes `train.csv`, `train_images.zip` and `unicode_translation.csv`."""
    import numpy as np
    import pandas as pd

    rng = np.random.default_rng(seed)
    corners = [(x, y) for x in (10, 65) for y in (10, 60, 110)]
    names = [f"book{i % 3}-{i:03d}" for i in range(PAGES)]
    labels, pictures = [], []
    for name in names:
        page = noise(rng, (120, 160), (200, 200, 200), high=20)
        groups = []
        for (x, y), k in zip(corners, rng.integers(0, len(CODES), len(corners)).tolist(), strict=True):
            page[y : y + HEIGHT, x : x + WIDTH] = 28 * k
            groups.append(f"{CODES[k]} {x} {y} {WIDTH} {HEIGHT}")
        labels.append(" ".join(groups))
        pictures.append((f"{name}.jpg", encoded(page)))
    write_csv(pd.DataFrame({"image_id": names, "labels": labels}), raw / "train.csv")
    codes = pd.DataFrame({"Unicode": CODES, "char": [chr(int(code[2:], 16)) for code in CODES]})
    write_csv(codes, raw / "unicode_translation.csv")
    zip_files(raw / "train_images.zip", pictures)


def perfect(answers: pd.DataFrame, sample: pd.DataFrame) -> pd.DataFrame:
    """The middle of each true box."""

    def middles(cell: str) -> str:
        tokens = cell.split()
        groups = zip(tokens[::5], *(map(int, tokens[i::5]) for i in range(1, 5)), strict=True)
        return " ".join(f"{code} {x + w / 2} {y + h / 2}" for code, x, y, w, h in groups)

    return answers.assign(labels=answers["labels"].map(middles))

"""200 questions whose titles name the tag."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import TYPE_CHECKING

from mlebench_inspect.tasks.preparing import zip_files

if TYPE_CHECKING:
    import pandas as pd

ROWS = 200
TAGS = ["java", "c#", "php", "python", "javascript", "c++"]


def make_raw(raw: Path, seed: int) -> None:
    """Writes `Train.csv` in `Train.zip`. Each question has the tag of its title and that tag's companion."""
    import numpy as np
    import pandas as pd

    rng = np.random.default_rng(seed)
    rows: list[tuple[int, str, str, str]] = []
    for number in range(1, ROWS + 1):
        k = int(rng.integers(len(TAGS)))
        original = number if number % 4 else number - 1  # many questions are asked twice
        if original < number:
            k = TAGS.index(rows[-1][3].split()[0])
        tag, companion = TAGS[k], TAGS[(k + 1) % len(TAGS)]
        body = f"<p>I try {tag}, in vain:</p>\r\n<code>x = {original};\n</code>\r\n"
        rows.append((number, f'How to use {tag} "{original}"?', body, f"{tag} {companion}"))
    table = pd.DataFrame(rows, columns=["Id", "Title", "Body", "Tags"])
    text = table.to_csv(index=False, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    zip_files(raw / "Train.zip", [("Train.csv", text.encode())])


def perfect(answers: pd.DataFrame, sample: pd.DataFrame) -> pd.DataFrame:
    """The answers without title and body."""
    return answers[["Id", "Tags"]]

"""300 pictures from 20 places in five classes, told by their red; five pictures have a second row."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from mlebench_inspect.tasks._miniature import encoded, hex_name, noise
from mlebench_inspect.tasks.preparing import write_csv, zip_files

if TYPE_CHECKING:
    import pandas as pd

ROWS, LOCATIONS, CLASSES = 300, 20, (0, 1, 8, 11, 13)
SUFFIX = "-23d2-11e8-a6a3-ec086b02610b"


def make_raw(raw: Path, seed: int) -> None:
    """Writes `train.csv` and `train_images.zip`."""
    import numpy as np
    import pandas as pd

    rng = np.random.default_rng(seed)
    ids = [hex_name(f"{i}", 8) + SUFFIX for i in range(ROWS)]
    category = rng.choice(CLASSES, ROWS)
    table = pd.DataFrame(
        {
            "category_id": category,
            "date_captured": [f"2011-05-{d:02d} 10:{m:02d}:00" for d, m in rng.integers((1, 0), (29, 60), (ROWS, 2))],
            "file_name": [f"{i}.jpg" for i in ids],
            "frame_num": 1,
            "id": ids,
            "location": np.concatenate([np.arange(LOCATIONS), rng.integers(0, LOCATIONS, ROWS - LOCATIONS)]),
            "rights_holder": "Erin Boydston",
            "seq_id": [hex_name(f"s{i}", 8) + SUFFIX for i in range(ROWS)],
            "seq_num_frames": 1,
            "width": 32,
            "height": 24,
        }
    )
    repeated = table.iloc[::60].assign(category_id=1)
    write_csv(pd.concat([table, repeated]), raw / "train.csv")
    pictures = ((f"{i}.jpg", encoded(noise(rng, (32, 24), (12 * y, 0, 0)))) for i, y in zip(ids, category, strict=True))
    zip_files(raw / "train_images.zip", pictures)


def perfect(answers: pd.DataFrame, sample: pd.DataFrame) -> pd.DataFrame:
    """The answers without the sample's column of row numbers."""
    return answers

"""1,000 rows; the elevation nearly tells the class."""

from __future__ import annotations

from pathlib import Path

from mlebench_inspect.tasks.preparing import write_csv

ROWS = 1000
CLASS_SHARES = [0.36, 0.50, 0.05, 0.01, 0.01, 0.03, 0.04]
MEASUREMENTS = {
    "Aspect": 360,
    "Slope": 60,
    "Horizontal_Distance_To_Hydrology": 1400,
    "Vertical_Distance_To_Hydrology": 600,
    "Horizontal_Distance_To_Roadways": 7000,
    "Hillshade_9am": 256,
    "Hillshade_Noon": 256,
    "Hillshade_3pm": 256,
    "Horizontal_Distance_To_Fire_Points": 7000,
}


def make_raw(raw: Path, seed: int) -> None:
    """Writes `train.csv`. (Elevation - 2000) / 150, rounded, is the class in most rows."""
    import numpy as np
    import pandas as pd

    rng = np.random.default_rng(seed)
    kinds = rng.choice(np.arange(1, 8), ROWS, p=CLASS_SHARES)
    indicators = [f"Wilderness_Area{i}" for i in range(1, 5)] + [f"Soil_Type{i}" for i in range(1, 41)]
    table = pd.DataFrame(
        {
            "Id": np.arange(ROWS),
            "Elevation": 2000 + 150 * kinds + rng.integers(-100, 100, ROWS),
            **{name: rng.integers(0, limit, ROWS) for name, limit in MEASUREMENTS.items()},
            **dict(zip(indicators, rng.integers(0, 2, (len(indicators), ROWS)), strict=True)),
            "Cover_Type": kinds,
        }
    )
    write_csv(table, raw / "train.csv")

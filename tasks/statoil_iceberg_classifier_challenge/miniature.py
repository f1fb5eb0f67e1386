"""Sixty radar images; icebergs are wider and echo more in the second band."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from mlebench_inspect.tasks._miniature import hex_name
from mlebench_inspect.tasks.preparing import write_7z

TRAIN, TEST, SIDE = 60, 5, 75


def make_raw(raw: Path, seed: int) -> None:
    """Writes `train.json.7z` and `test.json.7z`. The mean of a band tells the class."""
    import numpy as np

    rng = np.random.default_rng(seed)
    y, x = np.mgrid[:SIDE, :SIDE] - SIDE // 2
    records: list[dict[str, Any]] = []
    for i in range(TRAIN + TEST):
        iceberg = int(i % 2 if i < 40 else rng.random() < 0.47)  # both classes occur in any test set
        blob = np.exp(-(x**2 + y**2) / (2 * (8 if iceberg else 3) ** 2))
        bands = (
            rng.normal(-22, 2, (SIDE, SIDE)) + 25 * blob,
            rng.normal(-27, 2, (SIDE, SIDE)) + (20 if iceberg else 10) * blob,
        )
        angle: float | str = round(float(rng.uniform(30, 45)), 4)
        if not iceberg and rng.random() < 0.5:
            angle = "na"
        records.append(
            {
                "id": hex_name(f"image {i} {seed}", 8),
                "band_1": bands[0].round(2).ravel().tolist(),
                "band_2": bands[1].round(2).ravel().tolist(),
                "inc_angle": angle,
                "is_iceberg": iceberg,
            }
        )
    test = [{k: v for k, v in r.items() if k != "is_iceberg"} for r in records[TRAIN:]]
    for name, part in (("train", records[:TRAIN]), ("test", test)):
        write_7z(raw / f"{name}.json.7z", [(f"data/processed/{name}.json", json.dumps(part).encode())])

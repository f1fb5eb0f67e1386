"""48 records of nine bands; a contrail is a thin cold line in some of them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np

TRAIN, VALIDATION, SIDE, FRAMES, LABELLED = 40, 8, 16, 8, 4


def make_raw(raw: Path, seed: int) -> None:
    """Writes metadata and records. In frame 4, bands 11 to 15 are 15 K colder on contrails; a third has none."""
    import numpy as np

    rng = np.random.default_rng(seed)
    for side, count, first in (("train", TRAIN, 0), ("validation", VALIDATION, TRAIN)):
        metadata = []
        for i in range(first, first + count):
            name = f"{10**16 + i + 1000 * seed}"
            corner = rng.uniform(-1e6, 1e6, 2).round(3)
            metadata.append(
                {
                    "record_id": name,
                    "row_min": float(corner[0]),
                    "row_size": 500.25,
                    "col_min": float(corner[1]),
                    "col_size": 500.25,
                    "timestamp": 1556000000.5 + 600 * i,
                    "projection_wkt": 'PROJCRS["miniature"]',
                }
            )
            folder = raw / side / name
            folder.mkdir(parents=True)
            _write_record(folder, rng, contrail=i % 3 != 0, individual=side == "train")
        (raw / f"{side}_metadata.json").write_text(json.dumps(metadata), encoding="utf-8")


def _write_record(folder: Path, rng: np.random.Generator, contrail: bool, individual: bool) -> None:
    import numpy as np

    line = np.arange(12)
    rows = (line + rng.integers(0, 4)) if rng.random() < 0.5 else (15 - line - rng.integers(0, 4))
    mask = np.zeros((SIDE, SIDE, 1), dtype=np.int32)
    if contrail:
        mask[rows, line + rng.integers(0, 4)] = 1
    for band in range(8, 17):
        cube = rng.normal(280, 1, (SIDE, SIDE, FRAMES)).astype(np.float32)
        if 11 <= band <= 15:
            cube[:, :, LABELLED] -= 15 * mask[:, :, 0]
        np.save(folder / f"band_{band:02d}.npy", cube)
    np.save(folder / "human_pixel_masks.npy", mask)
    if individual:
        flips = rng.random((SIDE, SIDE, 1, 4)) < 0.01
        np.save(folder / "human_individual_masks.npy", (mask[..., None] ^ flips).astype(np.int32))

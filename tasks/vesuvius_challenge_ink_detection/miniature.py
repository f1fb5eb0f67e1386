"""Three fragments of papyrus; ink is bright in the middle slices of the volume."""

from __future__ import annotations

from pathlib import Path

from mlebench_inspect.tasks._miniature import encoded
from mlebench_inspect.tasks._run_length import encode

SIZES = {"1": (48, 40), "2": (60, 64), "3": (40, 52)}  # width, height
SLICES = 5


def make_raw(raw: Path, seed: int) -> None:
    """Writes the fragments. In slices 1 to 3 ink is 15,000 grey levels brighter than papyrus."""
    import numpy as np
    import tifffile

    rng = np.random.default_rng(seed)
    for name, (width, height) in SIZES.items():
        folder = raw / "train" / name
        (folder / "surface_volume").mkdir(parents=True)
        y, x = np.mgrid[:height, :width]
        mask = ((x - width / 2) / (width / 2 - 1)) ** 2 + ((y - height / 2) / (height / 2 - 1)) ** 2 < 1
        ink = np.zeros_like(mask)
        for _ in range(4):  # strokes
            row, column = rng.integers(8, height - 16), rng.integers(8, width - 16)
            ink[row : row + 4, column : column + 12] = True
            ink[row : row + 12, column : column + 4] = True
        ink &= mask
        for z in range(SLICES):
            grey = rng.integers(20000, 30000, (height, width)) + 15000 * ink * (1 <= z <= 3)
            tifffile.imwrite(folder / f"surface_volume/{z:02d}.tif", grey.astype(np.uint16))
        infrared = rng.integers(150, 200, (height, width)) - 100 * ink
        pictures = {"mask": mask * 255, "inklabels": ink * 255, "ir": infrared}
        for kind, pixels in pictures.items():
            (folder / f"{kind}.png").write_bytes(encoded(pixels.astype(np.uint8), "PNG"))
        (folder / "inklabels_rle.csv").write_text(f"Id,Predicted\n{name},{encode(ink.ravel())}\n", encoding="utf-8")

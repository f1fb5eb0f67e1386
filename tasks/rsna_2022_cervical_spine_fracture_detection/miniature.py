"""100 CT studies; a fracture of vertebra Ck is a dark gap in the bright ring of slice k."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import TYPE_CHECKING

from mlebench_inspect.tasks._miniature import dicom
from mlebench_inspect.tasks.preparing import write_csv

if TYPE_CHECKING:
    import numpy as np

STUDIES, BOXED, SEGMENTED, BOTH, SIDE = 100, 40, 30, 10, 32
VERTEBRAE = [f"C{k}" for k in range(1, 8)]


def make_raw(raw: Path, seed: int) -> None:
    """Writes the tables, seven slices per study and some segmentations. About half of the patients have a fracture."""
    import numpy as np
    import pandas as pd

    rng = np.random.default_rng(seed)
    ids = [f"1.2.826.0.1.3680043.{1000 * seed + i}" for i in rng.permutation(STUDIES)]
    broken = (rng.random((STUDIES, 7)) < 0.2) & (rng.random((STUDIES, 1)) < 0.7)
    for k in (0, 1):  # every label occurs in any larger part of the studies
        broken[k::20] = (np.arange(7) + k) % 2
    table = pd.DataFrame(broken.astype(int), columns=VERTEBRAE)
    table.insert(0, "patient_overall", broken.any(axis=1).astype(int))
    table.insert(0, "StudyInstanceUID", ids)
    write_csv(table, raw / "train.csv")

    y, x = np.mgrid[:SIDE, :SIDE] - SIDE / 2 + 0.5
    ring = (np.hypot(x, y) > 8) & (np.hypot(x, y) < 12)
    for study, gaps in zip(ids, broken, strict=True):
        folder = raw / "train_images" / study
        folder.mkdir(parents=True)
        for k, gap in enumerate(gaps):
            pixels = rng.integers(0, 200, (SIDE, SIDE)) + 1500 * (ring & ~((x > 0) & gap))
            (folder / f"{k + 1}.dcm").write_bytes(dicom(pixels, f"{study}.{k}", Modality="CT", InstanceNumber=k + 1))

    rows = [
        (study, *(rng.uniform(4, 8, 2).round(5)), *(rng.uniform(10, 20, 2).round(5)), int(rng.integers(1, 8)))
        for study in ids[:BOXED]
        for _ in range(2)
    ]
    columns = ["StudyInstanceUID", "x", "y", "width", "height", "slice_number"]
    write_csv(pd.DataFrame(rows, columns=columns), raw / "train_bounding_boxes.csv")
    (raw / "segmentations").mkdir()
    volume = np.stack([ring * (k + 1) for k in range(7)], axis=2).astype(np.uint8)
    for study in ids[BOXED - BOTH : BOXED - BOTH + SEGMENTED]:
        (raw / "segmentations" / f"{study}.nii").write_bytes(_nifti(volume))


def _nifti(volume: np.ndarray) -> bytes:
    """A volume of bytes as a NIfTI-1 file with unit spacing."""
    header = bytearray(352)
    struct.pack_into("<i", header, 0, 348)
    struct.pack_into("<8h", header, 40, 3, *volume.shape, 1, 1, 1, 1)
    struct.pack_into("<2h", header, 70, 2, 8)  # unsigned bytes
    struct.pack_into("<8f", header, 76, *[1.0] * 8)
    struct.pack_into("<f", header, 108, 352.0)
    header[344:348] = b"n+1\0"
    return bytes(header) + volume.tobytes(order="F")

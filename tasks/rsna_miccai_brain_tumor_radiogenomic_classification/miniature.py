"""Sixty subjects with three slices per scan; a disc is brighter after contrast agent where methylation is present."""

from __future__ import annotations

from pathlib import Path

from mlebench_inspect.tasks._miniature import dicom
from mlebench_inspect.tasks.preparing import write_csv

SUBJECTS, SLICES, SIDE = 60, 3, 32
SCANS = ("FLAIR", "T1w", "T1wCE", "T2w")


def make_raw(raw: Path, seed: int) -> None:
    """Writes `train_labels.csv` and a folder per subject. The mean brightness of `T1wCE` tells the label."""
    import numpy as np
    import pandas as pd

    rng = np.random.default_rng(seed)
    labels = rng.integers(0, 2, SUBJECTS)
    test = np.random.RandomState(0).permutation(SUBJECTS)[: SUBJECTS // 10]
    labels[test] = np.arange(len(test)) % 2  # both classes occur in the test set
    names = [f"{3 * i:05d}" for i in range(SUBJECTS)]
    y, x = np.mgrid[:SIDE, :SIDE] - SIDE // 2
    disc = x**2 + y**2 < 100
    for name, label in zip(names, labels, strict=True):
        for scan in SCANS:
            folder = raw / "train" / name / scan
            folder.mkdir(parents=True)
            brightness = 800 if scan == "T1wCE" and label else 300
            pixels = rng.integers(0, 200, (SIDE, SIDE)) + brightness * disc
            image = dicom(pixels, f"{seed} {name} {scan}")  # one picture for all slices: writing DICOM is slow
            for k in range(1, SLICES + 1):
                (folder / f"Image-{k}.dcm").write_bytes(image)
    write_csv(pd.DataFrame({"BraTS21ID": names, "MGMT_value": labels}), raw / "train_labels.csv")

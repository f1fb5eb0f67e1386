"""Sixty patients with four mammograms each; cancer is a bright spot."""

from __future__ import annotations

from pathlib import Path

from mlebench_inspect.tasks._miniature import dicom
from mlebench_inspect.tasks.preparing import write_csv

PATIENTS, SIDE = 60, 48


def make_raw(raw: Path, seed: int) -> None:
    """Writes `train.csv` and the images. The brightest pixel tells the label."""
    import numpy as np
    import pandas as pd

    rng = np.random.default_rng(seed)
    patients = np.cumsum(rng.integers(1, 50, PATIENTS)) + 10_000
    cancer = (rng.random((PATIENTS, 2)) < 0.2).astype(int)
    test = np.random.RandomState(42).permutation(PATIENTS)[: PATIENTS // 10]
    cancer[test[0]] = [1, 0]  # both classes occur in the test set
    images = rng.choice(2**30, 4 * PATIENTS, replace=False).tolist()
    y, x = np.mgrid[:SIDE, :SIDE]
    breast = (y - SIDE / 2) ** 2 + x**2 < 500
    rows = []
    for i, patient in enumerate(patients.tolist()):
        folder = raw / "train_images" / str(patient)
        folder.mkdir(parents=True)
        site, second = 1 + i % 2, i % 2 == 1
        for k, (side, view) in enumerate([("L", "CC"), ("L", "MLO"), ("R", "CC"), ("R", "MLO")]):
            positive, image = int(cancer[i, k // 2]), images[4 * i + k]
            pixels = rng.integers(0, 100, (SIDE, SIDE)) + 600 * breast
            if positive:
                pixels[SIDE // 2 - 3 : SIDE // 2 + 3, 8:14] += 1500
            (folder / f"{image}.dcm").write_bytes(dicom(pixels, f"{seed} {image}"))
            rows.append(
                {
                    "site_id": site,
                    "patient_id": patient,
                    "image_id": image,
                    "laterality": side,
                    "view": view,
                    "age": np.nan if i % 7 == 0 else 40.0 + i % 40,
                    "cancer": positive,
                    "biopsy": positive,
                    "invasive": positive,
                    "BIRADS": np.nan if second else float(0 if positive else 1 + i % 4 // 2),
                    "implant": 0,
                    "density": None if second else "ABCD"[i % 4],
                    "machine_id": 29 + site,
                    "difficult_negative_case": bool(not positive and i % 9 == 0),
                }
            )
    write_csv(pd.DataFrame(rows), raw / "train.csv")

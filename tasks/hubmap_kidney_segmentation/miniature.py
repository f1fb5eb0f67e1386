"""15 pink pictures with dark purple discs, the glomeruli."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from mlebench_inspect.tasks._miniature import encoded, hex_name, noise
from mlebench_inspect.tasks._run_length import encode
from mlebench_inspect.tasks.preparing import write_csv

if TYPE_CHECKING:
    import pandas as pd

IMAGES, OTHERS, WIDTH, HEIGHT = 15, 5, 120, 90


def make_raw(raw: Path, seed: int) -> None:
    """Writes images, polygons, codes and the information file. The green channel is below 80 on glomeruli alone."""
    import numpy as np
    import pandas as pd

    rng = np.random.default_rng(seed)
    names = [hex_name(f"{seed} {i}", 8) + "abcdef"[i % 6] for i in range(IMAGES + OTHERS)]
    (raw / "train").mkdir()
    y, x = np.mgrid[:HEIGHT, :WIDTH]
    rows = []
    for name in names[:IMAGES]:
        discs = [(*rng.integers(15, [105, 75]), rng.integers(6, 13)) for _ in range(rng.integers(3, 9))]
        mask = np.any([(x - cx) ** 2 + (y - cy) ** 2 <= r * r for cx, cy, r in discs], axis=0)
        pixels = noise(rng, (WIDTH, HEIGHT), (200, 140, 180), high=40)
        pixels[mask] = noise(rng, (WIDTH, HEIGHT), (90, 30, 110), high=40)[mask]
        (raw / "train" / f"{name}.tiff").write_bytes(encoded(pixels, "TIFF"))
        angle = np.linspace(0, 2 * np.pi, 17)
        outlines = [np.c_[cx + r * np.cos(angle), cy + r * np.sin(angle)].round(1).tolist() for cx, cy, r in discs]
        _write_polygons(raw / "train" / f"{name}.json", outlines, "glomerulus")
        right, bottom = WIDTH - 5.0, HEIGHT - 5.0
        frame = [[5.0, 5.0], [right, 5.0], [right, bottom], [5.0, bottom], [5.0, 5.0]]
        _write_polygons(raw / "train" / f"{name}-anatomical-structure.json", [frame], "Cortex")
        rows.append({"id": name, "encoding": encode(mask.T.ravel())})
    write_csv(pd.DataFrame(rows), raw / "train.csv")

    order = rng.permutation(names)
    n = len(order)
    weight, height = rng.uniform(50, 110, n).round(1), rng.uniform(150, 195, n).round(1)
    cortex = rng.integers(50, 100, n)
    table = {
        "image_file": [f"{i}.tiff" for i in order],
        "width_pixels": WIDTH,
        "height_pixels": HEIGHT,
        "anatomical_structures_segmention_file": [f"{i}-anatomical-structure.json" for i in order],
        "glomerulus_segmentation_file": [f"{i}.json" for i in order],
        "patient_number": rng.integers(60000, 70000, n),
        "race": rng.choice(["White", "Black or African American"], n),
        "ethnicity": "Not Hispanic or Latino",
        "sex": rng.choice(["Male", "Female"], n),
        "age": rng.integers(20, 80, n),
        "weight_kilograms": weight,
        "height_centimeters": height,
        "bmi_kg/m^2": (weight / (height / 100) ** 2).round(1),
        "laterality": rng.choice(["Left", "Right"], n),
        "percent_cortex": cortex,
        "percent_medulla": 100 - cortex,
    }
    write_csv(pd.DataFrame(table), raw / "HuBMAP-20-dataset_information.csv")


def _write_polygons(path: Path, outlines: list[list[list[float]]], kind: str) -> None:
    features = [
        {
            "type": "Feature",
            "id": "PathAnnotationObject",
            "geometry": {"type": "Polygon", "coordinates": [outline]},
            "properties": {"classification": {"name": kind, "colorRGB": -3140401}, "isLocked": True},
        }
        for outline in outlines
    ]
    path.write_text(json.dumps(features), encoding="utf-8")


def perfect(answers: pd.DataFrame, sample: pd.DataFrame) -> pd.DataFrame:
    """The true codes as a submission."""
    return answers.rename(columns={"encoding": "predicted"})[["id", "predicted"]]

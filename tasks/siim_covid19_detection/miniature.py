"""80 studies, one class of four each; an opacity is a bright rectangle, brighter the more typical."""

from __future__ import annotations

from pathlib import Path

from mlebench_inspect.tasks._miniature import dicom, hex_name
from mlebench_inspect.tasks.preparing import train_test_positions, write_csv

STUDIES, SIDE = 80, 64
CLASSES = ["Negative for Pneumonia", "Typical Appearance", "Indeterminate Appearance", "Atypical Appearance"]
BRIGHTNESS = [0, 3000, 2000, 1000]


def make_raw(raw: Path, seed: int) -> None:
    """Writes both tables and the images. Every class occurs among the test studies."""
    import numpy as np
    import pandas as pd

    rng = np.random.default_rng(seed)
    kinds = rng.permutation(np.arange(STUDIES) % 4)
    _, test = train_test_positions(STUDIES, 0.1)
    kinds[test] = np.arange(len(test)) % 4
    studies, images = [], []
    for i, kind in enumerate(kinds):
        study = hex_name(f"study {seed} {i}", 12)
        studies.append({"id": f"{study}_study", **{c: int(k == kind) for k, c in enumerate(CLASSES)}})
        for j in range(1 + (i % 10 == 0)):
            image = hex_name(f"image {seed} {i} {j}", 12)
            pixels = rng.integers(0, 200, (SIDE, SIDE))
            boxes = []
            for k in range(0 if kind == 0 else 1 + int(rng.integers(2))):
                x, y = int(rng.integers(2, 10)) + 30 * k, int(rng.integers(5, 30))
                width, height = (int(v) for v in rng.integers(10, 22, 2))
                pixels[y : y + height, x : x + width] += BRIGHTNESS[kind]
                boxes.append({"x": x + 0.5, "y": y + 0.25, "width": float(width), "height": float(height)})
            label = " ".join(f"opacity 1 {b['x']} {b['y']} {b['x'] + b['width']} {b['y'] + b['height']}" for b in boxes)
            images.append(
                {
                    "id": f"{image}_image",
                    "boxes": str(boxes) if boxes else "",
                    "label": label or "none 1 0 0 1 1",
                    "StudyInstanceUID": study,
                }
            )
            folder = raw / "train" / study / hex_name(f"series {seed} {i}", 12)
            folder.mkdir(parents=True, exist_ok=True)
            (folder / f"{image}.dcm").write_bytes(dicom(pixels, image, Modality="DX"))
    write_csv(pd.DataFrame(studies), raw / "train_study_level.csv")
    write_csv(pd.DataFrame(images).sample(frac=1, random_state=seed), raw / "train_image_level.csv")

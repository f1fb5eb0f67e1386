"""60 radiographs; a finding is a rectangle whose brightness tells its class."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from mlebench_inspect.graders.submission import Revision
from mlebench_inspect.tasks._miniature import dicom, hex_name
from mlebench_inspect.tasks.preparing import train_test_positions, write_csv
from mlebench_inspect.tasks.vinbigdata_chest_xray_abnormalities_detection.prepare import gold

if TYPE_CHECKING:
    import pandas as pd

IMAGES, SIDE = 60, 64
NAMES = [
    "Aortic enlargement",
    "Atelectasis",
    "Calcification",
    "Cardiomegaly",
    "Consolidation",
    "ILD",
    "Infiltration",
    "Lung Opacity",
    "Nodule/Mass",
    "Other lesion",
    "Pleural effusion",
    "Pleural thickening",
    "Pneumothorax",
    "Pulmonary fibrosis",
]


def make_raw(raw: Path, seed: int) -> None:
    """Writes `train.csv` and the images. A third of the images, of the test part too, have one to three findings."""
    import numpy as np
    import pandas as pd

    rng = np.random.default_rng(seed)
    _, test = train_test_positions(IMAGES, 0.1)
    sick = np.arange(IMAGES) % 3 == 0
    sick[test] = np.arange(len(test)) % 3 == 0
    (raw / "train").mkdir()
    rows: list[dict[str, object]] = []
    for i in range(IMAGES):
        image = hex_name(f"{seed} {i}")
        pixels = rng.integers(0, 300, (SIDE, SIDE))
        readers = [f"R{k}" for k in rng.choice(np.arange(1, 18), 3, replace=False)]
        classes = rng.choice(len(NAMES), rng.integers(1, 4) if sick[i] else 0, replace=False).tolist()
        for place, kind in enumerate(classes):
            corner = np.array([3 + 20 * place, rng.integers(5, 30)])
            box = np.concatenate([corner, corner + rng.integers(10, 17, 2)])
            pixels[box[1] : box[3], box[0] : box[2]] += 1000 + 1000 * kind
            for reader in readers[: rng.integers(1, 4)]:
                seen = (box + rng.integers(-1, 2, 4)).tolist()
                rows.append(_row(image, NAMES[kind], kind, reader, seen))
        if not sick[i]:
            rows += [_row(image, "No finding", len(NAMES), reader, [None] * 4) for reader in readers]
        (raw / "train" / f"{image}.dicom").write_bytes(dicom(pixels, image, PixelSpacing=[0.14, 0.14]))
    write_csv(pd.DataFrame(rows), raw / "train.csv")


def _row(image: str, name: str, kind: int, reader: str, box: list[int | None]) -> dict[str, object]:
    corners = dict(zip(("x_min", "y_min", "x_max", "y_max"), box, strict=True))
    return {"image_id": image, "class_name": name, "class_id": kind, "rad_id": reader, **corners}


def perfect(answers: pd.DataFrame, sample: pd.DataFrame) -> pd.DataFrame:
    """The true boxes as a submission."""
    return gold(answers)


def perfect_score(answers: pd.DataFrame, revision: Revision) -> float:
    """What the true boxes score. In v1 the first true box cannot be found, and its prediction ranks first."""
    kinds = answers["class_id"]
    if revision == "v2":
        return 1.0
    n = int((kinds == kinds[0]).sum())
    recalled = sum(point / 100 <= (n - 1) / n for point in range(101)) if n > 1 else 0
    return float((kinds.nunique() - 1 + recalled / 101 * (n - 1) / n) / kinds.nunique())

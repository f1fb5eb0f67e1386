"""256 skin-coloured pictures in 16 TFRecord files; malignant lesions are dark blobs."""

from __future__ import annotations

from pathlib import Path

from mlebench_inspect.tasks._miniature import dicom, encoded, noise
from mlebench_inspect.tasks._tfrecords import write_examples
from mlebench_inspect.tasks.preparing import write_csv

FILES, PER_FILE, SIDE = 16, 16, 32
SKIN = (150, 110, 90)


def make_raw(raw: Path, seed: int) -> None:
    """Writes `train.csv` and the images in three forms; TFRecord files are named as the real ones, though smaller."""
    import numpy as np
    import pandas as pd

    rng = np.random.default_rng(seed)
    n = FILES * PER_FILE
    target = (rng.random(n) < 1 / 3).astype(int)
    target[::PER_FILE], target[1::PER_FILE] = 1, 0  # both classes occur in each file
    names = [f"ISIC_{seed % 1000:03d}{i:04d}" for i in rng.permutation(n)]
    nevus = rng.random(n) < 0.3
    sites = np.array(["torso", "lower extremity", "upper extremity", "head/neck", None])
    table = pd.DataFrame(
        {
            "image_name": names,
            "patient_id": [f"IP_{1_000_000 + i:07d}" for i in rng.integers(0, 30, n)],
            "sex": rng.choice(np.array(["male", "female", None]), n),
            "age_approx": np.where(rng.random(n) < 0.05, np.nan, rng.integers(4, 18, n) * 5.0),
            "anatom_site_general_challenge": rng.choice(sites, n),
            "diagnosis": np.where(target == 1, "melanoma", np.where(nevus, "nevus", "unknown")),
            "benign_malignant": np.where(target == 1, "malignant", "benign"),
            "target": target,
        }
    )
    write_csv(table, raw / "train.csv")

    for folder in ("train", "jpeg/train", "tfrecords"):
        (raw / folder).mkdir(parents=True)
    y, x = np.mgrid[:SIDE, :SIDE]
    examples: list[dict[str, bytes | int]] = []
    for name, label in zip(names, target, strict=True):
        pixels = noise(rng, (SIDE, SIDE), SKIN).astype(int)
        if label:
            centre, axes = rng.uniform(12, 20, 2), rng.uniform(4, 9, 2)
            pixels[((y - centre[0]) / axes[0]) ** 2 + ((x - centre[1]) / axes[1]) ** 2 < 1] -= 90
        pixels = pixels.clip(0, 255).astype(np.uint8)
        jpeg = encoded(pixels)
        (raw / "train" / f"{name}.dcm").write_bytes(dicom(pixels.mean(axis=2), f"{name} {seed}"))
        (raw / "jpeg/train" / f"{name}.jpg").write_bytes(jpeg)
        examples.append({"image": jpeg, "image_name": name.encode(), "target": int(label)})
    for k in range(FILES):
        count = 2071 if k < FILES - 1 else 2061
        file = raw / "tfrecords" / f"train{k:02d}-{count}.tfrec"
        write_examples(file, examples[k * PER_FILE : (k + 1) * PER_FILE])

"""117 pictures in six TFRecord files, the greener the higher the class."""

from __future__ import annotations

import json
from pathlib import Path

from mlebench_inspect.tasks._miniature import encoded, noise
from mlebench_inspect.tasks._tfrecords import write_examples
from mlebench_inspect.tasks.preparing import write_csv

COUNTS = [20, 20, 20, 20, 20, 17]
SHARES = (0.05, 0.1, 0.11, 0.61, 0.13)
DISEASES = ["Bacterial Blight", "Brown Streak Disease", "Green Mottle", "Mosaic Disease", "Healthy"]


def make_raw(raw: Path, seed: int) -> None:
    """Writes `train.csv`, `train_images/`, `train_tfrecords/` and the names. The mean of the green channel tells."""
    import numpy as np
    import pandas as pd

    rng = np.random.default_rng(seed)
    rows = sum(COUNTS)
    names = [f"{100042118 + 7919 * k}.jpg" for k in range(rows)]
    labels = rng.choice(len(SHARES), rows, p=SHARES)
    write_csv(pd.DataFrame({"image_id": names, "label": labels}), raw / "train.csv")
    (raw / "label_num_to_disease_map.json").write_text(json.dumps({str(i): d for i, d in enumerate(DISEASES)}))
    images = [encoded(noise(rng, (80, 60), (0, 40 * label, 0))) for label in labels]
    for folder in ("train_images", "train_tfrecords"):
        (raw / folder).mkdir()
    for name, image in zip(names, images, strict=True):
        (raw / "train_images" / name).write_bytes(image)
    order, start = rng.permutation(rows), 0
    for number, count in enumerate(COUNTS):
        write_examples(
            raw / "train_tfrecords" / f"ld_train{number:02d}-{count}.tfrec",
            (
                {"image": images[k], "image_name": names[k].encode(), "target": int(labels[k])}
                for k in order[start : start + count]
            ),
        )
        start += count

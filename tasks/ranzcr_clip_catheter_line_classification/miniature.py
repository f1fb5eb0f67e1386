"""120 grey pictures; each label that holds is a bright bar at a height of its own."""

from __future__ import annotations

from pathlib import Path

from mlebench_inspect.tasks._miniature import encoded
from mlebench_inspect.tasks.preparing import write_csv
from mlebench_inspect.tasks.ranzcr_clip_catheter_line_classification.grade import ID, LABELS

IMAGES, PATIENTS, SIDE = 120, 40, 64


def make_raw(raw: Path, seed: int) -> None:
    """Writes `train.csv`, `train_annotations.csv` and the images. Label j brightens the rows from 5 j to 5 j + 3."""
    import numpy as np
    import pandas as pd

    rng = np.random.default_rng(seed)
    labels = (rng.random((IMAGES, len(LABELS))) < 0.4).astype(int)
    test = np.random.RandomState(0).permutation(IMAGES)[: IMAGES // 10]
    labels[test[0]], labels[test[1]] = 0, 1  # both classes of each label occur in the test set
    uids = [f"1.2.826.0.1.3680043.8.498.{seed}{i:04d}" for i in range(IMAGES)]
    (raw / "train").mkdir()
    for uid, row in zip(uids, labels, strict=True):
        pixels = rng.integers(0, 80, (SIDE, SIDE))
        for j in np.flatnonzero(row):
            pixels[5 * j : 5 * j + 4] += 150
        (raw / "train" / f"{uid}.jpg").write_bytes(encoded(pixels.astype(np.uint8)))
    table = pd.DataFrame(labels, columns=LABELS)
    table.insert(0, ID, uids)
    table["PatientID"] = [f"p{i % PATIENTS}" for i in range(IMAGES)]
    write_csv(table, raw / "train.csv")
    annotations = table.loc[::2, [ID]].assign(label="CVC - Normal", data="[[10, 12], [20, 22]]")
    write_csv(annotations, raw / "train_annotations.csv")

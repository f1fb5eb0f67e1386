"""300 pictures from 40 places in six classes, told by their red."""

from __future__ import annotations

import json
from pathlib import Path

from mlebench_inspect.tasks._miniature import encoded, noise

ROWS, LOCATIONS, CLASSES = 300, 40, (0, 2, 3, 4, 70, 101)
SUFFIX = "-21bc-11ea-a13a-137349068a90"


def make_raw(raw: Path, seed: int) -> None:
    """Writes the three JSON files and `train/`; every third record of a picture has a `sub_location`."""
    import numpy as np

    rng = np.random.default_rng(seed)
    ids = [f"{i:08x}{SUFFIX}" for i in rng.choice(2**32, ROWS, replace=False)]
    number = rng.integers(0, len(CLASSES), ROWS)
    location = np.concatenate([np.arange(LOCATIONS), rng.integers(0, LOCATIONS, ROWS - LOCATIONS)])
    images = [
        {
            "seq_num_frames": 1,
            "location": int(location[i]),
            "datetime": "2014-01-01 10:00:00.000",
            "id": name,
            "frame_num": 0,
            "seq_id": f"{i:08x}{SUFFIX}",
            "width": 32,
            "height": 24,
            "file_name": f"{name}.jpg",
            **({"sub_location": i % 2} if i % 3 == 2 else {}),
        }
        for i, name in enumerate(ids)
    ]
    annotations = [
        {"count": 1, "image_id": name, "id": f"{i:08x}-a", "category_id": CLASSES[y]}
        for i, (name, y) in enumerate(zip(ids, number, strict=True))
    ]
    categories = [{"id": c, "name": f"species {c}", "count": int(sum(number == y))} for y, c in enumerate(CLASSES)]
    train = {"annotations": annotations, "images": images, "categories": categories, "info": {"version": 1.0}}
    detections = [{"id": name, "detections": [], "max_detection_conf": 0.5} for name in ids]
    for name, content in (
        ("train_annotations", train),
        ("test_information", {"images": [], "categories": categories, "info": {"version": 1.0}}),
        ("megadetector_results", {"images": detections, "info": {"detector": "miniature"}}),
    ):
        (raw / f"iwildcam2020_{name}.json").write_text(json.dumps(content), encoding="utf-8")
    (raw / "train").mkdir()
    for name, y in zip(ids, number, strict=True):
        (raw / "train" / f"{name}.jpg").write_bytes(encoded(noise(rng, (32, 24), (30 * y, 0, 0))))

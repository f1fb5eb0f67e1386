"""62 pictures of five species, each in a hue of its own."""

from __future__ import annotations

import json
from pathlib import Path

from mlebench_inspect.tasks._herbarium import folder_of, write_pictures

SIZES = {3: 7, 17: 8, 104: 10, 4242: 12, 15504: 25}


def make_raw(raw: Path, seed: int) -> None:
    """Writes `train_metadata.json`, sorted by category as the real one is, and `train_images/`."""
    import numpy as np

    rng = np.random.default_rng(seed)
    ids = [(c, f"{c:05d}__{j:03d}") for c, size in SIZES.items() for j in range(1, size + 1)]
    names = [f"{folder_of(c)}/{i}.jpg" for c, i in ids]
    content = {
        "annotations": [{"genus_id": 1, "institution_id": 0, "category_id": c, "image_id": i} for c, i in ids],
        "images": [{"image_id": i, "file_name": name, "license": 0} for (_, i), name in zip(ids, names, strict=True)],
        "categories": [
            {
                "category_id": c,
                "scientificName": f"Abies {c}",
                "family": "Pinaceae",
                "genus": "Abies",
                "species": str(c),
                "authors": "L.",
            }
            for c in SIZES
        ],
        "genera": [{"genus_id": 1, "genus": "Abies"}],
        "distances": [{"genus_id_x": 1, "genus_id_y": 2, "distance": 12.5}],
        "licenses": [{"id": 0, "name": "Île", "url": "https://creativecommons.org/licenses/by/4.0/"}],
        "institutions": [{"institution_id": 0, "collectionCode": "NY"}],
    }
    (raw / "train_metadata.json").write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")
    write_pictures(raw / "train_images", names, [c for c, _ in ids], rng)

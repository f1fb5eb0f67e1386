"""102 pictures of ten species, each in a hue of its own."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from mlebench_inspect.tasks._miniature import encoded, hex_name, hue, noise

SIZES = (1, 2, 3, 4, 5, 6, 9, 17, 25, 30)
SUPERS = ("Plants", "Birds", "Reptiles")
VALIDATION = 20


def make_raw(raw: Path, seed: int) -> None:
    """Writes `train2019.json`, `val2019.json` and `train_val2019.tar.gz` with the pictures of both."""
    import gzip
    import io
    import tarfile

    import numpy as np

    rng = np.random.default_rng(seed)
    train = rng.permutation(np.repeat(np.arange(len(SIZES)), SIZES)).tolist()
    validation = [i % len(SIZES) for i in range(VALIDATION)]
    ids = iter(rng.permutation(10_000).tolist())
    members = []
    for name, numbers in (("train2019", train), ("val2019", validation)):
        images: list[dict[str, Any]] = []
        for i, k in enumerate(numbers):
            path = f"train_val2019/{SUPERS[k % 3]}/{k * 100}/{hex_name(f'{name} {i}')}.jpg"
            entry = {"id": next(ids), "width": 48, "height": 36, "file_name": path, "license": 3}
            images.append(entry | {"rights_holder": f"José {i % 7}"})
            members.append((path, encoded(noise(rng, colour=hue(k / len(SIZES))))))
        content = {
            "info": {"year": 2019, "version": "1", "description": "miniature"},
            "images": images,
            "categories": [{"id": k * 100, "name": f"species {k}", "family": SUPERS[k % 3]} for k in range(len(SIZES))],
            "annotations": [
                {"id": image["id"], "image_id": image["id"], "category_id": k * 100}
                for image, k in zip(images, numbers, strict=True)
            ],
            "licenses": [{"id": 3, "name": "CC BY-NC 4.0", "url": "https://creativecommons.org/licenses/by-nc/4.0/"}],
        }
        (raw / f"{name}.json").write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")

    with (
        gzip.GzipFile(raw / "train_val2019.tar.gz", "wb", compresslevel=1, mtime=0) as packed,
        tarfile.open(fileobj=packed, mode="w") as archive,
    ):
        for path, data in sorted(members):
            entry_of_tar = tarfile.TarInfo(path)
            entry_of_tar.size = len(data)
            archive.addfile(entry_of_tar, io.BytesIO(data))

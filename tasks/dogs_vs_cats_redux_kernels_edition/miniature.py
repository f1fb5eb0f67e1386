"""100 cats and 100 dogs; dogs have a green block in the middle."""

from __future__ import annotations

from pathlib import Path

from mlebench_inspect.tasks._miniature import encoded, noise, with_block
from mlebench_inspect.tasks.preparing import zip_files

PER_CLASS = 100


def make_raw(raw: Path, seed: int) -> None:
    """Writes `train.zip` and `test.zip`. The mean of the green channel tells dogs from cats."""
    import numpy as np

    rng = np.random.default_rng(seed)
    cats = [(f"train/cat.{i}.jpg", noise(rng, (32, 32), high=160)) for i in range(PER_CLASS)]
    dogs = [(f"train/dog.{i}.jpg", with_block(noise(rng, (32, 32), high=160), (0, 90, 0))) for i in range(PER_CLASS)]
    zip_files(raw / "train.zip", ((name, encoded(pixels)) for name, pixels in cats + dogs))
    unused = [(f"test/{i}.jpg", encoded(noise(rng, (32, 32), high=160))) for i in range(1, 6)]
    zip_files(raw / "test.zip", unused)

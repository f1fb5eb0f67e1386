"""A hundred snippets of noise; a signal is a bright slanted line in every second frame."""

from __future__ import annotations

from pathlib import Path

from mlebench_inspect.tasks._miniature import hex_name
from mlebench_inspect.tasks.preparing import write_csv

SNIPPETS, FRAMES, TIMES, CHANNELS = 100, 6, 48, 64


def make_raw(raw: Path, seed: int) -> None:
    """Writes the labels, the arrays and a few old ones. Interference (an upright line in all frames) tells nothing."""
    import numpy as np
    import pandas as pd

    rng = np.random.default_rng(seed)
    target = (rng.random(SNIPPETS) < 0.1).astype(int)
    target[::10] = 1
    test = np.random.RandomState(0).permutation(SNIPPETS)[: SNIPPETS // 10]
    target[test] = np.arange(len(test)) % 3 == 0  # both classes occur in the test set
    names = sorted(hex_name(f"s{i} {seed}", 12) for i in range(SNIPPETS))
    time = np.arange(TIMES)
    for name, label in zip(names, target, strict=True):
        snippet = rng.normal(0, 1, (FRAMES, TIMES, CHANNELS))
        if label:
            start, drift = rng.integers(0, CHANNELS), rng.choice([-0.5, 0.5])
            snippet[::2, time, (start + drift * time).astype(int) % CHANNELS] += 8
        if rng.random() < 0.3:
            snippet[:, :, rng.integers(0, CHANNELS)] += 4
        folder = raw / "train" / name[0]
        folder.mkdir(parents=True, exist_ok=True)
        np.save(folder / f"{name}.npy", snippet.astype(np.float16))
    write_csv(pd.DataFrame({"id": names, "target": target}), raw / "train_labels.csv")

    for part in ("train", "test"):
        old = [hex_name(f"old {part} {i} {seed}", 12) for i in range(3)]
        for name in old:
            folder = raw / "old_leaky_data" / f"{part}_old" / name[0]
            folder.mkdir(parents=True, exist_ok=True)
            np.save(folder / f"{name}.npy", np.zeros((FRAMES, 2, 2), dtype=np.float16))
        labels = pd.DataFrame({"id": old, "target": [0, 1, 0]})
        write_csv(labels, raw / "old_leaky_data" / f"{part}_labels_old.csv")

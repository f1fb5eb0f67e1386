"""Twenty small pages with dashes for words, dimmed and covered with noise."""

from __future__ import annotations

from pathlib import Path

from mlebench_inspect.tasks._miniature import encoded
from mlebench_inspect.tasks.preparing import zip_files

PAGES, WIDTH, HEIGHT = 20, 54, 26


def make_raw(raw: Path, seed: int) -> None:
    """Writes both archives. A threshold recovers the clean page."""
    import numpy as np

    rng = np.random.default_rng(seed)
    files: dict[str, list[tuple[str, bytes]]] = {"train": [], "train_cleaned": []}
    for i in range(PAGES):
        page = np.full((HEIGHT, WIDTH), 255)
        for top in range(3, HEIGHT - 4, 6):
            words = np.repeat(rng.random(WIDTH // 3) < 0.6, 3)
            page[top : top + 2, : len(words)][:, words] = 0
        noisy = (0.8 * page + rng.uniform(-20, 20, page.shape)).clip(0, 255)
        for folder, pixels in (("train", noisy), ("train_cleaned", page)):
            files[folder].append((f"{folder}/{3 * i + 2}.png", encoded(pixels.astype(np.uint8), "PNG")))
    for folder, contents in files.items():
        zip_files(raw / f"{folder}.zip", contents)

"""Five texts with dashes for words, each on four pages, dimmed and covered with noise."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from mlebench_inspect.tasks._miniature import encoded
from mlebench_inspect.tasks.preparing import zip_files

if TYPE_CHECKING:
    import numpy as np

TEXTS, PAGES_EACH, WIDTH, HEIGHT = 5, 4, 54, 26


def make_raw(raw: Path, seed: int) -> None:
    """Writes both archives. A threshold recovers the clean page, which others have too, as in the source corpus."""
    import numpy as np

    rng = np.random.default_rng(seed)
    files: dict[str, list[tuple[str, bytes]]] = {"train": [], "train_cleaned": []}
    texts = [_text(rng) for _ in range(TEXTS)]
    for i, text in enumerate(rng.permutation(TEXTS * PAGES_EACH) % TEXTS):
        page = texts[text]
        noisy = (0.8 * page + rng.uniform(-20, 20, page.shape)).clip(0, 255)
        for folder, pixels in (("train", noisy), ("train_cleaned", page)):
            files[folder].append((f"{folder}/{3 * i + 2}.png", encoded(pixels.astype(np.uint8), "PNG")))
    for folder, contents in files.items():
        zip_files(raw / f"{folder}.zip", contents)


def _text(rng: np.random.Generator) -> np.ndarray:
    import numpy as np

    page = np.full((HEIGHT, WIDTH), 255)
    for top in range(3, HEIGHT - 4, 6):
        words = np.repeat(rng.random(WIDTH // 3) < 0.6, 3)
        page[top : top + 2, : len(words)][:, words] = 0
    return page

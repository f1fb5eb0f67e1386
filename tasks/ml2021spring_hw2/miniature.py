"""Twelve utterances of 100 frames; each class raises one value of its frames."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np

UTTERANCES, FRAMES, TEST_FRAMES = 12, 100, 440
CLASSES, CONTEXT = 39, 5


def make_raw(raw: Path, seed: int) -> None:
    """Writes the three arrays. The largest value of the middle frame (columns 195 to 233) tells the class."""
    import numpy as np

    rng = np.random.default_rng(seed)
    folder = raw / "timit_11/timit_11"
    folder.mkdir(parents=True)
    parts = [_utterance(rng, FRAMES) for _ in range(UTTERANCES)]
    np.save(folder / "train_11.npy", np.concatenate([p[0] for p in parts]))
    np.save(folder / "train_label_11.npy", np.concatenate([p[1] for p in parts]).astype("U2"))
    np.save(folder / "test_11.npy", _utterance(rng, TEST_FRAMES)[0])


def _utterance(rng: np.random.Generator, frames: int) -> tuple[np.ndarray, np.ndarray]:
    """Windows of eleven frames, float32 of shape (frames, 429), and the classes of their middle frames."""
    import numpy as np

    labels = np.repeat(rng.integers(0, CLASSES, frames), 4)[:frames]
    values = rng.normal(size=(frames, CLASSES)).astype(np.float32)
    values[np.arange(frames), labels] += 4
    padded = np.pad(values, ((CONTEXT, CONTEXT), (0, 0)), mode="edge")
    windows = np.lib.stride_tricks.sliding_window_view(padded, 2 * CONTEXT + 1, axis=0)
    return windows.transpose(0, 2, 1).reshape(frames, -1), labels

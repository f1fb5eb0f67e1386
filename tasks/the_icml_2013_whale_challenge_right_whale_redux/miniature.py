"""Sixty clips of a fifth of a second on each of four days; calls are loud rising chirps."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import TYPE_CHECKING

from mlebench_inspect.tasks.preparing import zip_files

if TYPE_CHECKING:
    import numpy as np

DATES = ("20090328", "20090329", "20090330", "20090331")
CLIPS, SAMPLES, RATE = 60, 400, 2000


def make_raw(raw: Path, seed: int) -> None:
    """Writes `train2.zip`. About a quarter of the clips hold a chirp, several times louder than the noise."""
    import numpy as np

    rng = np.random.default_rng(seed)
    time = np.arange(SAMPLES) / RATE
    files = []
    for i in range(len(DATES) * CLIPS):
        date, clip = DATES[i // CLIPS], i % CLIPS
        label = int(rng.random() < 0.25 or clip == 0)  # at least one call a day
        sound = rng.normal(0, 300, SAMPLES)
        if label:
            sound += 6000 * np.sin(2 * np.pi * (80 + 300 * time) * time)
        recording, place = divmod(clip, CLIPS // 3)
        name = f"{date}_{15 * recording:04d}00_{9 * place + 2:03d}s{i % 10}ms_TRAIN{i}_{label}.aif"
        files.append((f"train2/{name}", _aiff(sound)))
    zip_files(raw / "train2.zip", files)


def _aiff(samples: np.ndarray) -> bytes:
    """A mono AIFF file of 16 bits a sample."""
    import numpy as np

    data: bytes = np.clip(np.rint(samples), -32767, 32767).astype(">i2").tobytes()
    exponent = RATE.bit_length() - 1
    rate = struct.pack(">HQ", 16383 + exponent, RATE << (63 - exponent))  # 80-bit extended float
    common = b"COMM" + struct.pack(">IhIh", 18, 1, len(samples), 16) + rate
    sound = b"SSND" + struct.pack(">III", 8 + len(data), 0, 0) + data
    return b"FORM" + struct.pack(">I", 4 + len(common) + len(sound)) + b"AIFF" + common + sound

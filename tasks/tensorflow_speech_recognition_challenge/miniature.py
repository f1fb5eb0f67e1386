"""Six speakers say each of 30 words twice; a word is a tone of its own, a tenth of a second long."""

from __future__ import annotations

from pathlib import Path

from mlebench_inspect.tasks._miniature import wav
from mlebench_inspect.tasks.preparing import write_7z

WORDS = [
    "bed",
    "bird",
    "cat",
    "dog",
    "down",
    "eight",
    "five",
    "four",
    "go",
    "happy",
    "house",
    "left",
    "marvin",
    "nine",
    "no",
    "off",
    "on",
    "one",
    "right",
    "seven",
    "sheila",
    "six",
    "stop",
    "three",
    "tree",
    "two",
    "up",
    "wow",
    "yes",
    "zero",
]
BACKGROUND = ["doing_the_dishes", "dude_miaowing", "exercise_bike", "pink_noise", "running_tap", "white_noise"]
SPEAKERS, REPETITIONS, RATE, SAMPLES = 6, 2, 16_000, 1_600


def make_raw(raw: Path, seed: int) -> None:
    """Writes `train.7z`. The tones are 200 Hz apart; the background is two and a half seconds of noise alone."""
    import numpy as np

    rng = np.random.default_rng(seed)
    time = np.arange(SAMPLES) / RATE
    speakers = [rng.bytes(4).hex() for _ in range(SPEAKERS)]
    files = []
    for j, word in enumerate(WORDS):
        for speaker in speakers:
            for k in range(REPETITIONS):
                sound = rng.normal(0, 300, SAMPLES) + 6000 * np.sin(2 * np.pi * (300 + 200 * j) * time)
                files.append((f"train/audio/{word}/{speaker}_nohash_{k}.wav", wav(sound, RATE)))
    for name in BACKGROUND:
        noise = wav(rng.normal(0, 300, 5 * RATE // 2), RATE)
        files.append((f"train/audio/_background_noise_/{name}.wav", noise))
    files.append(("train/audio/_background_noise_/README.md", b"Noise.\n"))
    files.append(("train/README.md", b"Words.\n"))
    write_7z(raw / "train.7z", files)

"""2000 sentences of a small grammar, in which neighbours tell a missing word."""

from __future__ import annotations

from pathlib import Path

from mlebench_inspect.tasks.preparing import zip_files

LINES = 2000
SUBJECTS = ["the old cat", "a small dog", 'the so-called " king "', "José 's friend"]
VERBS = ["sat down on", "looked out of", "walked away from"]
OBJECTS = ["the red mat", "a wooden house", "the last train"]
ENDINGS = ["", "in the early morning", "while it was raining hard", "and he said that he would be back soon"]
SHORT = ["Yes .", "Indeed !", "No"]


def make_raw(raw: Path, seed: int) -> None:
    """Writes `train_v2.txt` in `train_v2.txt.zip`."""
    import numpy as np

    rng = np.random.default_rng(seed)
    lines = []
    for n in range(LINES):
        words = [str(rng.choice(part)) for part in (SUBJECTS, VERBS, OBJECTS, ENDINGS)]
        lines.append(str(rng.choice(SHORT)) if n % 50 == 7 else " ".join([w for w in words if w] + ["."]))
    zip_files(raw / "train_v2.txt.zip", [("train_v2.txt", "".join(f"{line}\n" for line in lines).encode())])

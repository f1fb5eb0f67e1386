"""192 pictures, 16 of each species, in a colour that tells the species."""

from __future__ import annotations

from pathlib import Path

from mlebench_inspect.tasks._miniature import encoded, hex_name, hue, noise
from mlebench_inspect.tasks.plant_seedlings_classification.grade import SPECIES

EACH = 16


def make_raw(raw: Path, seed: int) -> None:
    """Writes `train/<species>/`. The mean colour tells the species."""
    import numpy as np

    rng = np.random.default_rng(seed)
    for number, species in enumerate(SPECIES):
        folder = raw / "train" / species
        folder.mkdir(parents=True)
        for i in range(EACH):
            pixels = noise(rng, colour=hue(number / len(SPECIES)))
            (folder / f"{hex_name(f'{species} {i}', 9)}.png").write_bytes(encoded(pixels, "PNG"))

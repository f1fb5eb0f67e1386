"""80 smooth pictures and three versions of each with a checkerboard hidden in some of their blocks."""

from __future__ import annotations

from pathlib import Path

from mlebench_inspect.tasks._miniature import encoded

COVERS, SIDE, BLOCK = 80, 64, 8
SHARES = {"JMiPOD": 0.4, "JUNIWARD": 0.5, "UERD": 0.6}


def make_raw(raw: Path, seed: int) -> None:
    """Writes the four folders. High-frequency energy tells a cover from the others."""
    import numpy as np

    rng = np.random.default_rng(seed)
    for folder in ("Cover", *SHARES):
        (raw / folder).mkdir()
    ramp = np.linspace(0, 1, SIDE)
    rows, columns = np.indices((SIDE, SIDE))
    checkerboard = np.where((rows + columns) % 2, 8, -8)
    for i in range(1, COVERS + 1):
        start, across, down = rng.integers(20, 80, (3, 3))
        cover = start + across * ramp[None, :, None] + down * ramp[:, None, None]
        (raw / "Cover" / f"{i:05d}.jpg").write_bytes(encoded(cover.astype(np.uint8)))
        for folder, share in SHARES.items():
            blocks = rng.random((SIDE // BLOCK, SIDE // BLOCK)) < share
            pattern = checkerboard * np.kron(blocks, np.ones((BLOCK, BLOCK), dtype=int))
            altered = (cover + pattern[:, :, None]).clip(0, 255).astype(np.uint8)
            (raw / folder / f"{i:05d}.jpg").write_bytes(encoded(altered))

"""67 pictures of nine species, each in a hue of its own."""

from __future__ import annotations

from pathlib import Path

from mlebench_inspect.tasks._herbarium import make_raw_with_regions


def make_raw(raw: Path, seed: int) -> None:
    """Writes `nybg2020/train/metadata.json` in Latin-1, and `nybg2020/train/images/`."""
    make_raw_with_regions(raw, seed, folder="nybg2020", places="regions", place_id="region_id", encoding="latin-1")

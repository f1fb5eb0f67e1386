"""67 pictures of nine species, each in a hue of its own."""

from __future__ import annotations

from pathlib import Path

from mlebench_inspect.tasks._herbarium import make_raw_with_regions


def make_raw(raw: Path, seed: int) -> None:
    """Writes `train/metadata.json` and `train/images/`."""
    make_raw_with_regions(raw, seed, folder=".", places="institutions", place_id="institution_id", encoding="utf-8")

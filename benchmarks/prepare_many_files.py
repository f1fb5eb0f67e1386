"""Preparing 50,000 pictures: hard links against copying everything, time and disk, in one run.

    python benchmarks/prepare_many_files.py [--files 50000] [--kilobytes 28] [--rounds 3] [--folder DIR]

The competition is histopathologic-cancer-detection with generated files of the real size. Both sides run the same
preparation (tables, split, one prepared file per picture); the naive side copies each file. Rounds alternate.
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from mlebench_inspect.data import disk
from mlebench_inspect.data.jobs import Job, ignore
from mlebench_inspect.data.runner import run_job
from mlebench_inspect.tasks import competition, preparing

ID = "histopathologic-cancer-detection"


def generate(raw: Path, files: int, size: int) -> None:
    """Four fifths labelled, one fifth unlabelled; each file differs from all others."""
    noise = np.random.default_rng(0).bytes(size + files)
    lines = ["id,label"]
    for part, numbers in (("train", range(files * 4 // 5)), ("test", range(files * 4 // 5, files))):
        (raw / part).mkdir(parents=True)
        for n in numbers:
            name = f"{n:040x}"
            (raw / part / f"{name}.tif").write_bytes(noise[n : n + size])
            if part == "train":
                lines.append(f"{name},{n % 2}")
    (raw / "train_labels.csv").write_text("\n".join(lines) + "\n")


def ours(data: Path) -> None:
    """The whole job, as the command runs it: lock, preparation, sharing, manifest, rename."""
    run_job(Job(competition=ID, data_dir=data, revision="v2"), ignore)


def naive(data: Path) -> None:
    """The same preparation, with every file copied, straight into its place."""
    found, folder = competition(ID), data / ID
    place, preparing.place = preparing.place, shutil.copyfile
    try:
        found.prepare(folder / "raw", folder / "prepared-v2/public", folder / "prepared-v2/private", "v2")
    finally:
        preparing.place = place


def measure(way: Callable[[Path], None], data: Path) -> tuple[float, int]:
    """(seconds until everything is on disk, bytes of raw and prepared data together)."""
    shutil.rmtree(data / ID / "prepared-v2", ignore_errors=True)
    os.sync()
    start = time.perf_counter()
    way(data)
    os.sync()
    return time.perf_counter() - start, disk.used([data / ID])


def main() -> None:
    """Prints medians and ratios."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--files", type=int, default=50_000)
    parser.add_argument("--kilobytes", type=int, default=28)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--folder", type=Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        data = Path(folder)
        generate(data / ID / "raw", options.files, options.kilobytes * 1000)
        raw = disk.used([data / ID])
        results: dict[str, list[tuple[float, int]]] = {"ours": [], "naive": []}
        measure(ours, data)  # warms imports and caches
        for _ in range(options.rounds):
            results["ours"].append(measure(ours, data))
            results["naive"].append(measure(naive, data))
    seconds = {k: statistics.median(s for s, _ in v) for k, v in results.items()}
    used = {k: v[0][1] for k, v in results.items()}
    print(f"{options.files} files of {options.kilobytes} kB, raw {raw / 1e9:.2f} GB, median of {options.rounds} rounds")
    for name in results:
        each = ", ".join(f"{s:.1f}" for s, _ in results[name])
        print(f"{name:6} {seconds[name]:6.1f} s ({each})   raw + prepared {used[name] / 1e9:.2f} GB")
    print(f"time   naive / ours = {seconds['naive'] / seconds['ours']:.1f}")
    print(f"disk   naive / ours = {used['naive'] / used['ours']:.2f}; ours over raw alone {used['ours'] / raw:.3f}")


if __name__ == "__main__":
    main()

"""17 labelled samples in which the right hand's height tells the gesture, and twelve unlabelled ones."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

from mlebench_inspect.tasks.multi_modal_gesture_recognition.prepare import GESTURES, matlab_file
from mlebench_inspect.tasks.preparing import write_7z, write_csv, write_tar_gz, zip_entry, zip_files

if TYPE_CHECKING:
    import numpy as np

ARCHIVES = {
    "training1": range(1, 5),
    "training2": range(101, 105),
    "training3": range(201, 205),
    "training4": range(300, 305),
    "validation1": range(410, 414),
    "validation2": range(420, 424),
    "validation3": range(430, 434),
}
GESTURES_EACH, FRAMES_EACH = 8, 3
JOINTS = ["Head", "HandLeft", "HandRight"]


def make_raw(raw: Path, seed: int) -> None:
    """Writes the archives and `training.csv`."""
    import numpy as np
    import pandas as pd

    rng = np.random.default_rng(seed)
    rows = []
    for archive, numbers in ARCHIVES.items():
        samples = []
        for number in numbers:
            labels = rng.integers(1, len(GESTURES) + 1, GESTURES_EACH)
            known = archive.startswith("training")
            if known:
                rows.append([f"{number:04d}", " ".join(map(str, labels))])
            samples.append((f"Sample{number:05d}.zip", _sample(f"Sample{number:05d}", labels, known, rng)))
        write_tar_gz(raw / f"{archive}.tar.gz", samples)
    write_csv(pd.DataFrame(rows, columns=["Id", "Sequence"]), raw / "training.csv")
    write_7z(raw / "devel01-40.7z", [("devel01/K_1.avi", rng.bytes(64))])
    write_7z(raw / "valid_all_files_combined.7z", [("Sample00410_audio.wav", rng.bytes(64))])
    zip_files(raw / "sample_code_mmrgc.zip", [("dataViewer.m", b"% shows a sample\n")])


def _sample(name: str, labels: np.ndarray, known: bool, rng: np.random.Generator) -> bytes:
    import numpy as np

    shown = np.repeat(labels, FRAMES_EACH)
    frames = np.empty((1, len(shown)), dtype=[("Skeleton", object)])
    for position, label in enumerate(shown):
        joints = rng.normal(0, 5, (len(JOINTS), 3))
        joints[-1, 1] += 50 * label
        frames[0, position]["Skeleton"] = {"JointsType": np.array(JOINTS, dtype=object), "WorldPosition": joints}
    marks = np.empty((1, len(labels) if known else 0), dtype=[("Name", object), ("Begin", object), ("End", object)])
    for position in range(marks.size):
        first = position * FRAMES_EACH + 1
        marks[0, position] = (GESTURES[labels[position] - 1], first, first + FRAMES_EACH - 1)
    video = {"NumFrames": len(shown), "FrameRate": 20, "MaxDepth": 4000, "Frames": frames, "Labels": marks}
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as packed:
        for part in ("audio.wav", "color.mp4", "depth.mp4", "user.mp4"):
            packed.writestr(zip_entry(f"{name}_{part}"), rng.bytes(64))
        packed.writestr(zip_entry(f"{name}_data.mat"), matlab_file({"Video": video}))
    return file.getvalue()

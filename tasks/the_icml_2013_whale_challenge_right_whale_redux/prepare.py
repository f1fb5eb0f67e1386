"""The two earlier days of clips are the training set, the two later ones the test set."""

from __future__ import annotations

import re
import zipfile
from pathlib import Path, PurePosixPath

from mlebench_inspect.graders.submission import Revision
from mlebench_inspect.tasks.preparing import DataError, rezip, visible, write_answers_and_sample

FOLDER = "train2"


def prepare(raw: Path, public: Path, private: Path, revision: Revision) -> None:
    """Numbers the clips of either part in order of their names; test names lose the label. Both revisions are alike."""
    import pandas as pd

    archive = raw / "train2.zip"
    with zipfile.ZipFile(archive) as zipped:
        clips = [PurePosixPath(n) for n in visible(zipped.namelist(), ".aif") if n.startswith(f"{FOLDER}/")]
    names = sorted(c.name for c in clips)
    if any(c.parent != PurePosixPath(FOLDER) for c in clips) or len(set(names)) != len(names):
        raise DataError(f"{archive.name}: the clips must lie side by side in {FOLDER}/")
    dates = sorted({n.partition("_")[0] for n in names})
    if len(dates) != 4:
        raise DataError(f"{archive.name} holds clips of {len(dates)} dates; 4 are expected")

    train = [n for n in names if n.partition("_")[0] in dates[:2]]
    test = [n for n in names if n.partition("_")[0] in dates[2:]]
    train_names = [re.sub(r"TRAIN\d+", f"TRAIN{i}", n) for i, n in enumerate(train)]
    test_names = [f"{n.partition('TRAIN')[0]}Test{i}.aif" for i, n in enumerate(test)]
    for folder, old, new in ((FOLDER, train, train_names), ("test2", test, test_names)):
        members = [(f"{FOLDER}/{a}", f"{folder}/{b}") for a, b in zip(old, new, strict=True)]
        rezip(archive, public / f"{folder}.zip", members, len(members))

    answers = pd.DataFrame({"clip": test_names, "probability": [int(n.endswith("_1.aif")) for n in test]})
    write_answers_and_sample(answers, {"probability": 0}, private / "test.csv", public / "sampleSubmission.csv")

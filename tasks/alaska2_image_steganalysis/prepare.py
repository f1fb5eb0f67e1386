"""Random split of the covers; each test picture is drawn from the cover or one of its three altered versions."""

from __future__ import annotations

import hashlib
import os
import random
from collections.abc import Sequence
from pathlib import Path

from mlebench_inspect.graders.submission import Revision
from mlebench_inspect.tasks.preparing import DataError, place_files, train_test_split, visible, write_answers_and_sample

COVER, ALGORITHMS = "Cover", ("JMiPOD", "JUNIWARD", "UERD")
TEST_PICTURES = 5000


def prepare(raw: Path, public: Path, private: Path, revision: Revision) -> None:
    """The four folders become train folders with new names, and one folder of test pictures.

    v1 draws the labels with a known seed, so that they follow from the number of covers alone; v2 draws them with a
    seed made from the contents of the test covers, half of which the agent never sees. It is noted in `seed.txt`.
    """
    import pandas as pd

    covers = visible(os.listdir(raw / COVER), ".jpg")
    for algorithm in ALGORITHMS:
        missing = set(covers).difference(os.listdir(raw / algorithm))
        if missing:
            raise DataError(f"{algorithm}/ holds no {min(missing)} ({len(missing):,} pictures of Cover/ are missing)")
    train, test = split(covers)

    seed: int | str = 0
    if revision == "v2":
        seed = _digest([raw / COVER / name for name in sorted(test)])
        (private / "seed.txt").write_text(seed + "\n", encoding="ascii")
    drawn = draw(test, seed)

    for folder in (COVER, *ALGORITHMS):
        pairs = ((raw / folder / name, public / folder / f"{i:05d}.jpg") for i, name in enumerate(train, start=1))
        place_files(pairs, len(train))
    ids = [f"{i:04d}.jpg" for i in range(1, len(drawn) + 1)]
    pairs = ((raw / folder / name, public / "Test" / new) for new, (folder, name) in zip(ids, drawn, strict=True))
    place_files(pairs, len(drawn), fresh=True)
    answers = pd.DataFrame({"Id": ids, "Label": [int(folder != COVER) for folder, _ in drawn]})
    write_answers_and_sample(answers, {"Label": 0}, private / "test.csv", public / "sample_submission.csv")


def split(covers: list[str]) -> tuple[list[str], list[str]]:
    """(train, test) names of covers: 5,000 test pictures, or a quarter of a small collection."""
    return train_test_split(covers, min(TEST_PICTURES, len(covers) // 4), seed=42)


def draw(test: Sequence[str], seed: int | str) -> list[tuple[str, str]]:
    """Folder and name of each test picture in the order of their ids, drawn by Python's own generator.

    Half of the pictures, more or less, are covers; the others come from one of the algorithms with equal chances.
    """
    generator = random.Random(seed)
    names = list(test)
    generator.shuffle(names)
    drawn = []
    for name in names:
        folder = COVER if generator.choice([True, False]) else generator.choice(ALGORITHMS)
        drawn.append((folder, name))
    return drawn


def _digest(files: Sequence[Path]) -> str:
    """SHA-256 over the SHA-256 of each file's contents."""
    whole = hashlib.sha256()
    for path in files:
        with open(path, "rb") as file:
            whole.update(hashlib.file_digest(file, "sha256").digest())
    return whole.hexdigest()

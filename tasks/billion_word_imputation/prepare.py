"""One line in a hundred becomes a test sentence that lacks one word."""

from __future__ import annotations

import io
import zipfile
from contextlib import ExitStack
from itertools import islice
from pathlib import Path

from mlebench_inspect.graders.submission import Revision
from mlebench_inspect.tasks.preparing import content_seed, drawn, place, zip_entry

ARCHIVE, TRAIN, TEST = "train_v2.txt.zip", "train_v2.txt", "test_v2.txt"
MAX_LINES = 30_301_028
SHARE = 0.01


def prepare(raw: Path, public: Path, private: Path, revision: Revision) -> None:
    """Splits `train_v2.txt` in one pass; both public texts are packed as they are written.

    The seed 0 of v1 tells where the gaps are, since the draws depend on the test sentences' lengths alone; v2 takes a
    seed from the archive's bytes. v2 also has the sample submission, which is the test file, in the public folder.
    """
    import numpy as np

    other = drawn()
    share, seeds = (SHARE, []) if other is None else (other.share, [other.seed])
    if revision == "v2":
        seeds += content_seed(raw / ARCHIVE)
    rng = np.random.RandomState(seeds or 0)
    sample = private / "sample_submission.csv"
    with ExitStack() as stack:

        def zipped_text(name: str) -> io.TextIOWrapper:
            packed = stack.enter_context(zipfile.ZipFile(public / f"{name}.zip", "x", zipfile.ZIP_DEFLATED))
            entry = stack.enter_context(packed.open(zip_entry(name), "w", force_zip64=True))
            return stack.enter_context(io.TextIOWrapper(entry, encoding="utf-8", newline="\n"))

        archive = stack.enter_context(zipfile.ZipFile(raw / ARCHIVE))
        lines = stack.enter_context(io.TextIOWrapper(archive.open(TRAIN), encoding="utf-8"))
        train = zipped_text(TRAIN)
        incomplete = stack.enter_context(open(sample, "x", encoding="utf-8", newline="\n"))
        complete = stack.enter_context(open(private / "test.csv", "x", encoding="utf-8", newline="\n"))
        for file in (incomplete, complete):
            file.write('"id","sentence"\n')

        draw, number = rng.random_sample, 0
        for line in islice(lines, MAX_LINES):
            if draw() > share or len(line.split()) < 3:
                train.write(line)
                continue
            sentence = line.strip().replace('"', '""')
            words = sentence.split()
            gap = rng.randint(1, len(words) - 1)
            shortened = " ".join(words[:gap] + words[gap + 1 :])
            complete.write(f'{number},"{sentence}"\n')
            incomplete.write(f'{number},"{shortened}"\n')
            number += 1

    with zipfile.ZipFile(public / f"{TEST}.zip", "x", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr(zip_entry(TEST), sample.read_bytes())
    if revision == "v2":
        place(sample, public / "sample_submission.csv")

"""A fifth of the pages is the test set; the answers are the grey levels of their clean versions."""

from __future__ import annotations

import hashlib
import io
import math
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mlebench_inspect.graders.submission import Revision
from mlebench_inspect.tasks.preparing import DataError, drawn, train_test_split, unzip_renamed, visible

if TYPE_CHECKING:
    import numpy as np


def prepare(raw: Path, public: Path, private: Path, revision: Revision) -> None:
    """Splits pages at random (v1), or groups of pages whose clean versions are equal (v2).

    Without equal pages the two revisions have the same split.
    """
    noisy, clean = raw / "train.zip", raw / "train_cleaned.zip"
    with zipfile.ZipFile(noisy) as zipped:
        members = visible(zipped.namelist(), ".png")
    pages = sorted(m.rpartition("/")[2] for m in members if m.startswith("train/"))
    if revision == "v1":
        train, test = train_test_split(pages, 0.2)
    else:
        train, test = _split_by_contents(clean, pages)
    test.sort()

    for archive, folder, part, names in (
        (noisy, "train", "train", train),
        (noisy, "train", "test", test),
        (clean, "train_cleaned", "train_cleaned", train),
    ):
        (public / part).mkdir()
        unzip_renamed(archive, ((f"{folder}/{n}", public / part / n) for n in names), len(names))
    _write_pixels(clean, test, private / "answers.csv", public / "sampleSubmission.csv")


def _write_pixels(archive: Path, pages: Sequence[str], answers: Path, sample: Path) -> None:
    """Writes the answers and the sample submission, a row per pixel, page by page and row by row."""
    import numpy as np

    levels = np.array([f",{k / 255.0!r}\n" for k in range(256)], dtype=object)
    with (
        open(answers, "w", encoding="ascii", newline="") as truth,
        open(sample, "w", encoding="ascii", newline="") as white,
    ):
        truth.write("id,value\n")
        white.write("id,value\n")
        for page in pages:
            pixels = _pixels(archive, page)
            height, width = pixels.shape
            rows = np.array([f"{page.removesuffix('.png')}_{r}_" for r in range(1, height + 1)], dtype=object)
            columns = np.array([str(c) for c in range(1, width + 1)], dtype=object)
            ids: np.ndarray[Any, Any] = (rows[:, None] + columns).ravel()
            truth.write("".join(ids + levels[pixels.ravel()]))
            white.write("".join(ids + ",1\n"))


def _pixels(archive: Path, page: str) -> np.ndarray[Any, Any]:
    """Grey levels (height, width), uint8, of a clean page."""
    import numpy as np
    from PIL import Image

    try:
        with zipfile.ZipFile(archive) as zipped:
            data = zipped.read(f"train_cleaned/{page}")
    except KeyError:
        raise DataError(f"{archive.name} holds no train_cleaned/{page}") from None
    with Image.open(io.BytesIO(data)) as image:
        return np.asarray(image.convert("L"))


def _split_by_contents(archive: Path, pages: Sequence[str]) -> tuple[list[str], list[str]]:
    """(train, test): groups of equal clean pages, shuffled, go to the test set until it has a fifth of the pages."""
    import numpy as np

    groups: dict[bytes, list[str]] = {}
    for page in pages:
        pixels = _pixels(archive, page)
        digest = hashlib.sha256(repr(pixels.shape).encode() + pixels.tobytes()).digest()
        groups.setdefault(digest, []).append(page)
    share, seed = drawn() or (0.2, 0)
    shuffled = [list(groups.values())[i] for i in np.random.RandomState(seed).permutation(len(groups))]
    train: list[str] = []
    test: list[str] = []
    for group in shuffled:
        (test if len(test) < math.ceil(share * len(pages)) else train).extend(group)
    return train, test

"""The labels of ALASKA2's test pictures follow from the names of the covers, so they need no pictures to be checked."""

from __future__ import annotations

import hashlib

from mlebench_inspect.tasks import competition
from mlebench_inspect.tasks.alaska2_image_steganalysis.prepare import COVER, draw, split

COVERS = [f"{i:05d}.jpg" for i in range(1, 75_001)]


def test_labels_have_the_published_checksum() -> None:
    train, test = split(COVERS)
    assert train[:3] == ["10567.jpg", "35974.jpg", "59945.jpg"]
    drawn = draw(test, 0)
    lines = [f"{i:04d}.jpg,{int(folder != COVER)}\n" for i, (folder, _) in enumerate(drawn, start=1)]
    digest = hashlib.md5("".join(["Id,Label\n", *lines]).encode(), usedforsecurity=False).hexdigest()
    assert digest == competition("alaska2-image-steganalysis").checksums.private["test.csv"]


def test_another_seed_draws_other_labels() -> None:
    test = split(COVERS)[1]
    known, other = draw(test, 0), draw(test, "ab" * 32)
    assert sorted(name for _, name in known) == sorted(name for _, name in other)
    assert known != other

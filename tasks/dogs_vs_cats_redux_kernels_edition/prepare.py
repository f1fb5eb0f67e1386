"""90/10 split of the labelled photographs, under new names."""

from __future__ import annotations

import zipfile
from pathlib import Path

from mlebench_inspect.graders.submission import Revision
from mlebench_inspect.tasks.preparing import (
    DataError,
    digest_split,
    train_test_positions,
    unzip_renamed,
    visible,
    write_answers_and_sample,
    zip_files,
)


def prepare(raw: Path, public: Path, private: Path, revision: Revision) -> None:
    """`train.zip` becomes train and test, each a folder and an archive; in v2 the images' contents decide the split."""
    import pandas as pd

    names = _training_images(raw / "train.zip")
    if revision == "v1":
        train, test = train_test_positions(len(names), 0.1)
    else:
        # Split and order by name and seed would give the answers away to all who know the well-known names.
        train, test = digest_split(_digests(raw / "train.zip", names), 0.1)

    pairs = list(zip((names[i] for i in train), _class_numbers([names[i] for i in train]), strict=True))
    _deliver(raw / "train.zip", pairs, public, "train")
    _deliver(raw / "train.zip", [(names[i], f"{n}.jpg") for n, i in enumerate(test, 1)], public, "test")
    labels = [int("dog" in names[i]) for i in test]
    answers = pd.DataFrame({"id": range(1, len(test) + 1), "label": labels})
    write_answers_and_sample(answers, {"label": 0.5}, private / "answers.csv", public / "sample_submission.csv")


def _training_images(archive: Path) -> list[str]:
    """File names of the archive's folder `train`, sorted."""
    with zipfile.ZipFile(archive) as zipped:
        paths = [n.split("/") for n in visible(zipped.namelist(), ".jpg")]
    names = sorted(p[1] for p in paths if len(p) == 2 and p[0] == "train")
    if not names:
        raise DataError(f"{archive.name} holds no train/*.jpg")
    odd = [n for n in names if ("cat" in n) == ("dog" in n)]
    if odd:
        raise DataError(f"{archive.name}: the name {odd[0]!r} tells neither cat nor dog")
    return names


def _digests(archive: Path, names: list[str]) -> list[str]:
    """SHA-256 of each image's contents."""
    import hashlib

    with zipfile.ZipFile(archive) as zipped:
        return [hashlib.sha256(zipped.read(f"train/{name}")).hexdigest() for name in names]


def _class_numbers(names: list[str]) -> list[str]:
    """New names `cat.<n>.jpg` and `dog.<n>.jpg`, each class numbered from 0 in the given order."""
    seen, new = {"cat": 0, "dog": 0}, []
    for name in names:
        kind = "cat" if "cat" in name else "dog"
        new.append(f"{kind}.{seen[kind]}.jpg")
        seen[kind] += 1
    return new


def _deliver(archive: Path, pairs: list[tuple[str, str]], public: Path, part: str) -> None:
    """Writes (name in the archive, new name) pairs to the folder `part` and to `<part>.zip`."""
    folder = public / part
    folder.mkdir()
    unzip_renamed(archive, ((f"train/{old}", folder / new) for old, new in pairs), len(pairs))
    # JPEG hardly shrinks, so the archive stores the files as they are
    zip_files(public / f"{part}.zip", ((new, folder / new) for _, new in pairs), store=True)

"""Split of every category: 12 % of its pictures are held out, at least one where it has several."""

from __future__ import annotations

import shutil
import tarfile
import tempfile
from pathlib import Path
from typing import IO, Any

from mlebench_inspect.graders.submission import Revision
from mlebench_inspect.tasks._coco import read_collection, shuffled, split_by_category, write_json
from mlebench_inspect.tasks.preparing import DataError, place, write_answers_and_sample

KEYS = ("info", "images", "categories", "annotations", "licenses")
TRAIN_FOLDER, TEST_FOLDER = "train_val2019/", "test2019/"
CONSTANT = 654


def prepare(raw: Path, public: Path, private: Path, revision: Revision) -> None:
    """`train2019.json` becomes train and test.

    v1 lists entries category after category, the test part shuffled with a known seed, and names plain tar files
    `.tar.gz`. v2 lists all entries by their ids, names the files `.tar`, gives members the path that `file_name` has,
    and adds the pictures of `val2019.json`.
    """
    import json

    import numpy as np
    import pandas as pd

    data = read_collection(raw / "train2019.json", KEYS)
    images, annotations = data["images"], data["annotations"]
    train_groups, test_groups = split_by_category([a["category_id"] for a in annotations], 0.12)
    train, test = np.concatenate(train_groups).tolist(), shuffled(test_groups)
    if revision == "v2":
        train, test = (sorted(part, key=lambda i: images[i]["id"]) for part in (train, test))

    train_images = [images[i] for i in train]
    of_train = data | {"images": train_images, "annotations": [annotations[i] for i in train]}
    write_json(of_train, public / "train2019.json")
    place(raw / "val2019.json", public / "val2019.json")
    names = [images[i]["file_name"].rpartition("/")[2] for i in test]
    test_images = [images[i] | {"file_name": TEST_FOLDER + name} for i, name in zip(test, names, strict=True)]
    of_test = {"images": test_images, "info": data["info"], "licenses": data["licenses"]}
    write_json(of_test, public / "test2019.json")

    answers = pd.DataFrame(
        {"id": [images[i]["id"] for i in test], "predicted": [annotations[i]["category_id"] for i in test]}
    )
    sample = public / "kaggle_sample_submission.csv"
    write_answers_and_sample(answers, {"predicted": CONSTANT}, private / "answers.csv", sample)

    ending, prefix = (".tar.gz", False) if revision == "v1" else (".tar", True)
    to_train = [image["file_name"] for image in train_images]
    if revision == "v2":
        to_train += [image["file_name"] for image in json.loads((raw / "val2019.json").read_bytes())["images"]]
    _divide(
        raw / "train_val2019.tar.gz",
        public / f"train_val2019{ending}",
        {name: name if prefix else name.removeprefix(TRAIN_FOLDER) for name in to_train},
        public / f"test2019{ending}",
        {images[i]["file_name"]: TEST_FOLDER * prefix + name for i, name in zip(test, names, strict=True)},
    )


def _divide(source: Path, train: Path, of_train: dict[str, str], test: Path, of_test: dict[str, str]) -> None:
    """Copies members of an archive into two plain tar files, in one pass and without unpacking.

    The source lists pictures by category. So that the order of the test file does not tell them, its members are
    collected first and written in the order of their names.

    Args:
        source: Archive, packed or plain.
        train: New tar file.
        of_train: New name of each member that goes there.
        test: New tar file.
        of_test: Likewise.

    Raises:
        DataError: A member is missing.
    """
    found: list[tuple[str, int, int]] = []  # new name, offset, size of the collected test members
    missing = of_train.keys() | of_test.keys()
    with (
        tarfile.open(source, "r|*") as packed,
        tarfile.open(train, "x") as train_file,
        tarfile.open(test, "x") as test_file,
        tempfile.TemporaryFile(dir=test.parent) as collected,
    ):
        for member in packed:
            name = member.name.removeprefix("./")
            if not member.isfile() or name not in missing:
                continue
            missing.discard(name)
            content: Any = packed.extractfile(member)
            if name in of_train:
                _add(train_file, of_train[name], member.size, content)
            else:
                found.append((of_test[name], collected.tell(), member.size))
                shutil.copyfileobj(content, collected, 1 << 20)
        if missing:
            raise DataError(f"{source.name} holds no {min(missing)} ({len(missing):,} pictures are missing)")
        for name, offset, size in sorted(found):
            collected.seek(offset)
            _add(test_file, name, size, collected)


def _add(archive: tarfile.TarFile, name: str, size: int, content: IO[bytes]) -> None:
    """Adds a regular file with a fixed time."""
    entry = tarfile.TarInfo(name)
    entry.size = size
    archive.addfile(entry, content)

"""80/20 split of every species."""

from __future__ import annotations

from pathlib import Path

from mlebench_inspect.graders.submission import Revision
from mlebench_inspect.tasks._coco import read_collection, split_by_category, write_json
from mlebench_inspect.tasks._herbarium import TEST_SIZE, folder_of, numbered, write_answers
from mlebench_inspect.tasks.preparing import DataError, place_files


def prepare(raw: Path, public: Path, private: Path, revision: Revision) -> None:
    """The labelled sheets become train and test, both under new names.

    v2 numbers the test pictures by their contents, so that the numbers tell nothing about the species, and lists the
    training pictures by their ids.
    """
    data = read_collection(raw / "train_metadata.json", image_id="image_id")
    images, annotations = data["images"], data["annotations"]
    categories = [a["category_id"] for a in annotations]
    train_groups, test_groups = split_by_category(categories, TEST_SIZE, few=False)
    if not all(len(group) for group in train_groups):
        raise DataError("train_metadata.json: each category needs at least two images")

    train = []  # position and new id
    for group in train_groups:
        category = categories[group[0]]
        train += [(p, f"{category:05d}__{j:03d}") for j, p in enumerate(group.tolist(), start=1)]
    if revision == "v2":
        train.sort(key=lambda pair: pair[1])
    names = [f"{folder_of(categories[p])}/{name}.jpg" for p, name in train]
    found = [raw / "train_images" / image["file_name"] for image in images]
    place_files(
        ((found[p], public / "train_images" / name) for (p, _), name in zip(train, names, strict=True)), len(names)
    )
    of_train = data | {
        "annotations": [annotations[p] | {"image_id": name} for p, name in train],
        "images": [
            images[p] | {"image_id": new, "file_name": name} for (p, new), name in zip(train, names, strict=True)
        ],
    }
    write_json(of_train, public / "train_metadata.json")

    test = numbered(test_groups, found, revision)
    names = [f"{i // 1000:03d}/test-{i:06d}.jpg" for i in range(len(test))]
    pairs = ((found[p], public / "test_images" / name) for p, name in zip(test, names, strict=True))
    place_files(pairs, len(names), fresh=True)
    of_test = [images[p] | {"image_id": str(i), "file_name": names[i]} for i, p in enumerate(test)]
    write_json(of_test, public / "test_metadata.json")
    write_answers([categories[p] for p in test], 42, public, private)

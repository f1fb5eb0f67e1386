"""What the three herbarium competitions share: the numbering of test pictures, grading, pictures for miniatures."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mlebench_inspect.graders.metrics.classification import macro_f1
from mlebench_inspect.graders.submission import Revision, Tables, aligned, require_numbers, truncated_integers
from mlebench_inspect.tasks._coco import (
    Entries,
    by_content,
    read_collection,
    shuffled,
    split_by_category,
    write_json,
)
from mlebench_inspect.tasks.preparing import place_files, write_answers_and_sample

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

TEST_SIZE = 0.2
ID, TARGET = "Id", "Predicted"


# ---- preparing ----------------------------------------------------------------------------------------------------


def prepare_with_regions(
    raw: Path, public: Path, private: Path, revision: Revision, *, folder: str, keys: Sequence[str], encoding: str
) -> None:
    """The preparation of the editions of 2020 and 2021, whose training pictures keep ids and names.

    Args:
        raw: Extracted download.
        public: For the agent.
        private: For the grader.
        revision: v2 numbers the test pictures by their contents, and lists the training pictures by their ids.
        folder: The folder of `train/` in `raw`, and of `train/` and `test/` in `public`.
        keys: The keys of `train/metadata.json`.
        encoding: Of that file.
    """
    import numpy as np

    source, target = raw / folder, public / folder
    data = read_collection(source / "train/metadata.json", keys, encoding=encoding)
    images, annotations = data["images"], data["annotations"]
    categories = [a["category_id"] for a in annotations]
    train_groups, test_groups = split_by_category(categories, TEST_SIZE)
    train = np.concatenate(train_groups).tolist()
    if revision == "v2":
        train.sort(key=lambda i: images[i]["id"])

    train_images = [images[i] for i in train]
    names = [image["file_name"] for image in train_images]
    place_files(((source / "train" / n, target / "train" / n) for n in names), len(names))
    of_train = data | {"images": train_images, "annotations": [annotations[i] for i in train]}
    write_json(of_train, target / "train/metadata.json")

    test = numbered(test_groups, [source / "train" / image["file_name"] for image in images], revision)
    names = [f"images/{i // 1000:03d}/{i}.jpg" for i in range(len(test))]
    test_images = [images[p] | {"id": str(i), "file_name": names[i]} for i, p in enumerate(test)]
    found = [source / "train" / images[p]["file_name"] for p in test]
    place_files(((f, target / "test" / n) for f, n in zip(found, names, strict=True)), len(names), fresh=True)
    of_test = {"images": test_images, "info": data["info"], "licenses": data["licenses"]}
    write_json(of_test, target / "test/metadata.json")
    write_answers([categories[p] for p in test], 0, public, private)


def numbered(groups: Sequence[np.ndarray], files: Sequence[Path], revision: Revision) -> list[int]:
    """Positions of the test pictures in the order of their numbers.

    Args:
        groups: Their positions, by category.
        files: The picture at each position.
        revision: v1 shuffles with a known seed; v2 orders by contents.
    """
    import numpy as np

    if revision == "v1":
        return shuffled(groups)
    positions: list[int] = np.concatenate(groups).tolist()
    return [positions[i] for i in by_content([files[p] for p in positions])]


def write_answers(categories: Sequence[int], constant: int, public: Path, private: Path) -> None:
    """Writes the answers and the sample submission, whose ids are the numbers from 0 on."""
    import pandas as pd

    answers = pd.DataFrame({ID: range(len(categories)), TARGET: categories})
    write_answers_and_sample(answers, {TARGET: constant}, private / "answers.csv", public / "sample_submission.csv")


# ---- grading ------------------------------------------------------------------------------------------------------


def checked_herbarium(known: pd.DataFrame, submission: pd.DataFrame, revision: Revision) -> Tables:
    """v1 cuts fractions and counts True as 1, v2 takes whole numbers alone."""
    known, submission = aligned(known, submission, ID, [TARGET])
    if revision == "v2":
        require_numbers(submission, [TARGET], id_column=ID, whole=True, booleans=False)
    labels = truncated_integers(submission, TARGET, id_column=ID)
    return known, submission.assign(**{TARGET: labels})


def grade_herbarium(answers: pd.DataFrame, submission: pd.DataFrame, revision: Revision) -> float:
    """Macro-averaged F1."""
    return macro_f1(*checked_herbarium(answers, submission, revision), target=TARGET)


# ---- miniature ----------------------------------------------------------------------------------------------------


def folder_of(category: int) -> str:
    """The two folders of a category's pictures: hundreds and rest."""
    return f"{category // 100:03d}/{category % 100:02d}"


def write_pictures(folder: Path, names: Sequence[str], categories: Sequence[int], rng: np.random.Generator) -> None:
    """Writes small pictures below a folder, each category in a hue of its own."""
    from mlebench_inspect.tasks._miniature import encoded, hue, noise

    hues = sorted(set(categories))
    for name, category in zip(names, categories, strict=True):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(encoded(noise(rng, colour=hue(hues.index(category) / len(hues)))))


def make_raw_with_regions(raw: Path, seed: int, *, folder: str, places: str, place_id: str, encoding: str) -> None:
    """Raw data of the editions of 2020 and 2021: 67 pictures of nine species, told by their hue.

    Args:
        raw: Folder to write to.
        seed: Of the random numbers.
        folder: The folder of `train/`.
        places: Name of the list of regions or institutions.
        place_id: Name of an annotation's field for them.
        encoding: Of `metadata.json`.
    """
    import json

    import numpy as np

    rng = np.random.default_rng(seed)
    sizes = {3: 1, 17: 2, 104: 3, 4242: 4, 15504: 5, 250: 6, 31: 9, 99: 12, 1200: 25}
    categories = rng.permutation(np.repeat(list(sizes), list(sizes.values()))).tolist()
    ids = [9000 + 7 * i for i in range(len(categories))]
    names = [f"images/{folder_of(c)}/{i}.jpg" for i, c in zip(ids, categories, strict=True)]
    pairs = list(zip(ids, categories, strict=True))
    images: Entries = [
        {"id": i, "width": 48, "height": 36, "file_name": name, "license": 1}
        for i, name in zip(ids, names, strict=True)
    ]
    annotations: Entries = [
        {"id": i + 1, "image_id": i, "category_id": c, place_id: k % 3} for k, (i, c) in enumerate(pairs)
    ]
    content: dict[str, Any] = {
        "annotations": annotations,
        "images": images,
        "categories": [{"id": c, "name": f"Isoëtes {c}", "family": "Isoetaceae"} for c in sorted(sizes)],
        "info": {"year": 2020, "version": "1", "contributor": "miniature"},
        "licenses": [{"id": 1, "name": "CC BY 4.0", "url": "https://creativecommons.org/licenses/by/4.0/"}],
        places: [{"id": k, "name": ["Panamá", "Perú", "Texas"][k]} for k in range(3)],
    }
    (raw / folder / "train").mkdir(parents=True)
    (raw / folder / "train/metadata.json").write_text(json.dumps(content, ensure_ascii=False), encoding=encoding)
    write_pictures(raw / folder / "train", names, categories, rng)

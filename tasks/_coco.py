"""Collections in the style of COCO whose lists `images` and `annotations` belong together entry by entry."""

from __future__ import annotations

import hashlib
import json
import random
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mlebench_inspect.tasks.preparing import DataError, train_test_positions

if TYPE_CHECKING:
    import numpy as np

Entries = list[dict[str, Any]]


def read_collection(
    path: Path, keys: Sequence[str] | None = None, *, image_id: str = "id", encoding: str = "utf-8"
) -> dict[str, Any]:
    """The object in a JSON file.

    Args:
        path: The file.
        keys: The keys that the object must have, no more and no less; None: any besides `images` and `annotations`.
        image_id: Name of the images' own id.
        encoding: Of the file.

    Raises:
        DataError: The keys are others, or the entries of `images` and `annotations` do not belong together.
    """
    data: dict[str, Any] = json.loads(path.read_text(encoding=encoding))
    keys = sorted(data.keys() | {"images", "annotations"}) if keys is None else keys
    if set(data) != set(keys):
        raise DataError(f"{path.name} has the keys {sorted(data)}; {sorted(keys)} are expected")
    images, annotations = data["images"], data["annotations"]
    if len(images) != len(annotations):
        raise DataError(f"{path.name} has {len(images):,} images and {len(annotations):,} annotations")
    for image, annotation in zip(images, annotations, strict=True):
        if image[image_id] != annotation["image_id"]:
            raise DataError(f"{path.name}: the annotation of image {image[image_id]!r} is not at the image's place")
    return data


def split_by_category(
    categories: Sequence[int], test_size: float, *, few: bool = True
) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """Splits every category by itself.

    Args:
        categories: The category of each entry.
        test_size: Share of test entries in each category, rounded up.
        few: Whether categories with less than five entries give their last entry to the test part, and a single entry
            to the training part; else all are split by the share.

    Returns:
        Positions (train, test), one array per category, categories in the order of first appearance.
    """
    import numpy as np
    import pandas as pd

    number = pd.factorize(np.asarray(categories, dtype=np.int64))[0]
    sizes = np.bincount(number)
    splits: dict[int, tuple[np.ndarray, np.ndarray]] = {}  # the draw depends on the size alone
    for n in np.unique(sizes).tolist():
        if few and n < 5:
            last = max(n - 1, 1)
            splits[n] = np.arange(last), np.arange(last, n)
        else:
            splits[n] = train_test_positions(n, test_size)
    members = np.split(np.argsort(number, kind="stable"), np.cumsum(sizes)[:-1])
    return [m[splits[len(m)][0]] for m in members], [m[splits[len(m)][1]] for m in members]


def shuffled(positions: Sequence[np.ndarray]) -> list[int]:
    """The concatenated arrays in a random order, that of Python's own generator seeded with 0."""
    import numpy as np

    order: list[int] = np.concatenate(positions).tolist()
    random.Random(0).shuffle(order)
    return order


def by_content(files: Sequence[Path]) -> list[int]:
    """Positions of the files in the order of the SHA-256 of their contents, an order that no name tells."""

    def digest(path: Path) -> bytes:
        with open(path, "rb") as file:
            return hashlib.file_digest(file, "sha256").digest()

    with ThreadPoolExecutor() as pool:
        digests = list(pool.map(digest, files))
    return sorted(range(len(files)), key=digests.__getitem__)


def write_json(content: Any, path: Path) -> None:
    """Writes what `json.dump(content, file, indent=4, sort_keys=True)` writes, at the speed of unindented output.

    Python's fast encoder knows no indentation. It takes any separator though: with line break and blanks in the
    separator it writes a list of flat objects whole, where only the lines of the braces are left to be mended.
    """
    with open(path, "w", encoding="ascii") as file:
        if not isinstance(content, dict) or not content:
            _write_value(content, file, 0)
            return
        file.write("{\n")
        for i, key in enumerate(sorted(content)):
            file.write(f"{',' * (i > 0)}{chr(10) * (i > 0)}    {json.dumps(key)}: ")
            _write_value(content[key], file, 1)
        file.write("\n}")


def _write_value(value: Any, file: Any, level: int, chunk: int = 100_000) -> None:
    """Writes a value as it stands `level` levels deep in a document."""
    outer, middle, inner = ("\n" + "    " * (level + i) for i in range(3))
    if not isinstance(value, list) or not _flat_objects(value):
        file.write(json.dumps(value, indent=4, sort_keys=True).replace("\n", outer))
        return
    encode = json.JSONEncoder(sort_keys=True, separators=("," + inner, ": ")).encode
    file.write("[")
    for start in range(0, len(value), chunk):
        text = encode(value[start : start + chunk])[2:-2]  # without [{ and }]
        # Line breaks inside of strings are escaped, so that these can only be the ones between two objects.
        text = text.replace("}," + inner + "{", f"{middle}}},{middle}{{{inner}")
        file.write(f"{',' * (start > 0)}{middle}{{{inner}{text}{middle}}}")
    file.write(outer + "]")


def _flat_objects(values: list[Any]) -> bool:
    """Whether these are objects of at least one field each, and no field holds a list or an object."""
    if not values or not all(type(v) is dict and v for v in values):
        return False
    kinds = set(map(type, chain.from_iterable(map(dict.values, values))))
    return not any(issubclass(kind, (dict, list, tuple)) for kind in kinds)

"""Splits and JSON files of COCO-like collections, against the plain way of doing it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mlebench_inspect.tasks._coco import by_content, read_collection, split_by_category, write_json
from mlebench_inspect.tasks.preparing import DataError, train_test_split


@pytest.mark.parametrize(
    "content",
    [
        {"images": [{"b": 1, "a": '}\n{ é "},\n            {'}, {"a": 2.5, "c": float("nan")}], "info": {"x": [1, {}]}},
        {"empty": [], "nothing": [{}], "nested": [{"a": [1]}, {"a": {}}], "numbers": [1, 2], "text": "ü", "none": None},
        [{"b": "x},\n        {", "a": 1}, {"c": None}],
        [{"a": 1}] * 250_001,
        {"a": [{"q": True}] * 100_001},
        [],
        {},
    ],
)
def test_json_is_that_of_the_standard_library(content: Any, tmp_path: Path) -> None:
    write_json(content, tmp_path / "x.json")
    assert (tmp_path / "x.json").read_text() == json.dumps(content, indent=4, sort_keys=True)


@pytest.mark.parametrize("few", [True, False])
def test_each_category_is_split_by_itself(few: bool) -> None:
    categories = np.random.default_rng(0).permutation(np.repeat(np.arange(9), [1, 2, 3, 4, 5, 6, 9, 12, 25])).tolist()
    if not few:
        categories = [c for c in categories if c > 0]
    train, test = split_by_category(categories, 0.2, few=few)
    for mine, held_out, category in zip(train, test, dict.fromkeys(categories), strict=True):
        members = [i for i, c in enumerate(categories) if c == category]
        cut = len(members) - (len(members) > 1)
        small = members[:cut], members[cut:]
        expected = small if few and len(members) < 5 else train_test_split(members, 0.2)
        assert (mine.tolist(), held_out.tolist()) == expected


def test_order_by_content_ignores_names(tmp_path: Path) -> None:
    files = [tmp_path / name for name in "abc"]
    for file, content in zip(files, ("one", "two", "three"), strict=True):
        file.write_text(content)
    order = [files[i].read_text() for i in by_content(files)]
    assert [files[::-1][i].read_text() for i in by_content(files[::-1])] == order


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ({"images": [], "annotations": [], "more": 1}, "more"),
        ({"images": [{"id": 1}], "annotations": []}, "1 images and 0 annotations"),
        ({"images": [{"id": 1}], "annotations": [{"image_id": 2}]}, "annotation of image 1"),
    ],
)
def test_other_collections_are_refused(content: Any, words: str, tmp_path: Path) -> None:
    (tmp_path / "x.json").write_text(json.dumps(content))
    with pytest.raises(DataError, match=words):
        read_collection(tmp_path / "x.json", ["images", "annotations"])

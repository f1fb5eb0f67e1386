"""What anybody can know of the published preparation, and steps that several exploits share."""

from __future__ import annotations

import json
import math
import random
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd


def split(n: int, share: float) -> tuple[np.ndarray, np.ndarray]:
    """Positions (train, test) of the published random split: a permutation with seed 0, the test part first."""
    order = np.random.RandomState(0).permutation(n)
    size = math.ceil(share * n)
    return order[size:], order[:size]


def neighbours_labels(train: np.ndarray, labels: Sequence[Any], test: np.ndarray) -> list[Any]:
    """Of a list that is sorted by label: the label of the nearest training entry of each test entry.

    Args:
        train: Positions in the list.
        labels: The label at each of them.
        test: Positions in the list.
    """
    order = np.argsort(train)
    train, known = train[order], np.asarray(labels, dtype=object)[order]
    after = np.searchsorted(train, test).clip(1, len(train) - 1)
    nearest = np.where(test - train[after - 1] <= train[after] - test, after - 1, after)
    return list(known[nearest])


def shuffled_groups(order: Iterable[Any], sizes: Mapping[Any, int]) -> list[Any]:
    """The labels of the test list: so many of each, one label after another, shuffled with the seed 0."""
    labels = [label for label in dict.fromkeys(order) for _ in range(sizes[label])]
    random.Random(0).shuffle(labels)
    return labels


def training_categories(metadata: Path) -> list[int]:
    """The categories of a collection in the style of COCO, in the order of its annotations."""
    return [a["category_id"] for a in json.loads(metadata.read_text(encoding="utf-8"))["annotations"]]


def fill(sample: Path, column: str, values: Sequence[Any], submission: Path) -> None:
    """Writes the sample submission with other values in a column."""
    pd.read_csv(sample).assign(**{column: list(values)}).to_csv(submission, index=False)


def fill_by_chance(sample: Path, column: str, labels: Sequence[Any], submission: Path, rng: random.Random) -> None:
    """Writes the sample submission with values that are drawn from the labels of the training part."""
    fill(sample, column, rng.choices(labels, k=len(pd.read_csv(sample))), submission)

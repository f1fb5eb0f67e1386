"""Split of notebooks into train and test, families of forks undivided."""

from __future__ import annotations

import json
import math
from pathlib import Path

from mlebench_inspect.graders.submission import Revision
from mlebench_inspect.tasks.preparing import DataError, drawn, place_named, read_csv, require_unique, write_csv

TEST_NOTEBOOKS = 20_000


def prepare(raw: Path, public: Path, private: Path, revision: Revision) -> None:
    """Families in random order fill the test set up to its size; alike in v1 and v2."""
    import numpy as np

    ancestors = read_csv(raw / "train_ancestors.csv")
    orders = read_csv(raw / "train_orders.csv")
    require_unique(ancestors, "id", "train_ancestors.csv")
    require_unique(orders, "id", "train_orders.csv")
    if set(ancestors["id"]) != set(orders["id"]):
        raise DataError("train_ancestors.csv and train_orders.csv do not list the same notebooks")

    n, draw = len(ancestors), drawn()
    test_size = TEST_NOTEBOOKS if n >= 2 * TEST_NOTEBOOKS else 2 * n // 15
    if draw is not None:
        test_size = math.ceil(draw.share * n)
    ancestors = ancestors.iloc[np.random.RandomState(0 if draw is None else draw.seed).permutation(n)]
    chosen, filled = [], 0
    for family, size in ancestors["ancestor_id"].value_counts(sort=False).items():
        if filled + size <= test_size:
            chosen.append(family)
            filled += size
    if filled != test_size:
        raise DataError(f"train_ancestors.csv: no families fill a test set of {test_size} notebooks, only {filled}")
    in_test = ancestors["ancestor_id"].isin(chosen)
    test_ids = ancestors.loc[in_test, "id"]

    order_in_test = orders["id"].isin(test_ids)
    train, test = orders[~order_in_test], orders[order_in_test]
    place_named([f"{i}.json" for i in train["id"]], raw / "train", public / "train")
    place_named([f"{i}.json" for i in test["id"]], raw / "train", public / "test")
    write_csv(train, public / "train_orders.csv")
    write_csv(test, private / "test_orders.csv")
    write_csv(ancestors[~in_test], public / "train_ancestors.csv")
    given = [" ".join(json.loads((raw / "train" / f"{i}.json").read_bytes())["cell_type"]) for i in test["id"]]
    write_csv(test.assign(cell_order=given), public / "sample_submission.csv")

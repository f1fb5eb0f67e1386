"""Split in which every whale with several pictures is found on both sides."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from mlebench_inspect.graders.submission import Revision
from mlebench_inspect.tasks.preparing import (
    DataError,
    place_named,
    read_csv,
    require_unique,
    train_test_positions,
    write_answers_and_sample,
    write_csv,
)

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

UNKNOWN = "new_whale"


def prepare(raw: Path, public: Path, private: Path, revision: Revision) -> None:
    """`train.csv` becomes train and test; a test whale without a training picture is called `new_whale`."""
    table = read_csv(raw / "train.csv")
    if list(table.columns) != ["Image", "Id"]:
        raise DataError(f"train.csv has the columns {list(table.columns)}; Image and Id are expected")
    require_unique(table, "Image", "train.csv")
    in_test = held_out(table["Id"])
    train, answers = table[~in_test], table[in_test]
    answers = answers.assign(Id=answers["Id"].where(answers["Id"].isin(train["Id"]), UNKNOWN))
    if not (answers["Id"] == UNKNOWN).any():
        raise DataError(f"train.csv: the test part holds no {UNKNOWN}")

    write_csv(train, public / "train.csv")
    guesses = f"{UNKNOWN} w_1287fbc w_98baff9 w_7554f44 w_1eafe46"
    write_answers_and_sample(answers, {"Id": guesses}, private / "test.csv", public / "sample_submission.csv")
    for part, rows in (("train", train), ("test", answers)):
        place_named(list(rows["Image"]), raw / "train", public / part)


def held_out(whales: pd.Series) -> np.ndarray:
    """Which rows go to the test part, given the whale of each row.

    Of a whale with several rows one goes to the training part and one to the test part, both drawn; a whale's only row
    goes to the test part with probability 0.1, and a tenth of all other rows does.

    Returns:
        A boolean array.
    """
    import numpy as np
    import pandas as pd

    number = pd.factorize(whales)[0]
    place_in_whale = pd.Series(number).groupby(number).cumcount().to_numpy()
    sizes = np.bincount(number)
    size = sizes[number]
    in_test = np.zeros(len(number), dtype=bool)
    undecided = size > 1
    for m in np.unique(sizes[sizes > 1]):
        to_train, to_test = np.random.RandomState(0).permutation(m)[:2]
        drawn = (size == m) & np.isin(place_in_whale, (to_train, to_test))
        in_test |= drawn & (place_in_whale == to_test)
        undecided &= ~drawn
    single = np.flatnonzero(size == 1)
    in_test[single] = np.random.default_rng(0).random(len(single)) >= 0.9
    rest = np.flatnonzero(undecided)
    if len(rest):
        in_test[rest[train_test_positions(len(rest), 0.1)[1]]] = True
    return in_test

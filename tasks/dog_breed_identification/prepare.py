"""Random 90/10 split of the labelled photographs."""

from __future__ import annotations

from pathlib import Path

from mlebench_inspect.graders.submission import Revision
from mlebench_inspect.tasks import competition
from mlebench_inspect.tasks.preparing import (
    DataError,
    place_named,
    read_csv,
    require_unique,
    train_test_split,
    write_answers_and_sample,
    write_csv,
)


def prepare(raw: Path, public: Path, private: Path, revision: Revision) -> None:
    """`labels.csv` becomes train and test; the answers are one 0/1 column per breed."""
    import numpy as np
    import pandas as pd

    breeds = competition("dog-breed-identification").submission.target_columns
    table = read_csv(raw / "labels.csv")
    require_unique(table, "id", "labels.csv")
    unknown = table.loc[~table["breed"].isin(breeds), "breed"]
    if len(unknown):
        raise DataError(f"labels.csv holds the unknown breed {unknown.iloc[0]!r}")
    train, test = train_test_split(table, 0.1)
    one_hot = (test["breed"].to_numpy()[:, None] == np.array(breeds, dtype=object)).astype(int)
    answers = pd.concat([test[["id"]], pd.DataFrame(one_hot, index=test.index, columns=breeds)], axis=1)

    write_csv(train, public / "labels.csv")
    uniform = dict.fromkeys(breeds, 1 / len(breeds))
    write_answers_and_sample(answers, uniform, private / "test.csv", public / "sample_submission.csv")
    for part, rows in (("train", train), ("test", test)):
        place_named([f"{name}.jpg" for name in rows["id"]], raw / "train", public / part)

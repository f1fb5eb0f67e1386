"""Random 90/10 split of the labelled specimens; the images of both parts lie in one folder."""

from __future__ import annotations

from pathlib import Path

from mlebench_inspect.graders.submission import Revision
from mlebench_inspect.tasks.leaf_classification.grade import SPECIES
from mlebench_inspect.tasks.preparing import (
    DataError,
    read_zipped_csv,
    require_unique,
    train_test_split,
    unzip,
    write_answers_and_sample,
    write_csv,
)


def prepare(raw: Path, public: Path, private: Path, revision: Revision) -> None:
    """`train.csv` becomes train and test; the answers are one 0/1 column a species. v2 is the same."""
    import pandas as pd

    table = read_zipped_csv(raw / "train.csv.zip", "train.csv")
    require_unique(table, "id", "train.csv")
    unknown = set(table["species"]).difference(SPECIES)
    if unknown:
        raise DataError(f"train.csv: {min(unknown)!r} is not among the {len(SPECIES)} species")
    train, test = train_test_split(table, 0.1)
    answers = test[["id"]].join(pd.DataFrame({s: (test["species"] == s).astype(int) for s in SPECIES}))

    write_csv(train, public / "train.csv")
    write_csv(test.drop(columns="species"), public / "test.csv")
    write_answers_and_sample(
        answers, dict.fromkeys(SPECIES, 1 / len(SPECIES)), private / "test.csv", public / "sample_submission.csv"
    )
    unzip(raw / "images.zip", public, [f"images/{i}.jpg" for i in table["id"]])

"""Random 90/10 split of the questions."""

from __future__ import annotations

from pathlib import Path

from mlebench_inspect.graders.submission import Revision
from mlebench_inspect.tasks.preparing import (
    read_zipped_csv,
    train_test_positions,
    write_csv,
)

POPULAR = "javascript c# python php java"


def prepare(raw: Path, public: Path, private: Path, revision: Revision) -> None:
    """`Train.csv` in `Train.zip` becomes train and test.

    v2 keeps questions with equal title and body together, and words such as "null" as they are, which v1 empties.
    """
    import numpy as np

    options = {} if revision == "v1" else {"keep_default_na": False}
    table = read_zipped_csv(raw / "Train.zip", "Train.csv", dtype={"Id": str, "Tags": str}, **options)
    if revision == "v1":
        train_rows, test_rows = train_test_positions(len(table), 0.1)
        train, test = table.iloc[train_rows], table.iloc[test_rows]
    else:
        question = table.groupby(["Title", "Body"], sort=False, dropna=False).ngroup().to_numpy()
        _, test_questions = train_test_positions(int(question.max()) + 1, 0.1)
        in_test = np.isin(question, test_questions)
        train, test = table[~in_test], table[in_test]
    del table

    write_csv(train, public / "train.csv")
    write_csv(test, private / "test.csv")
    untagged = test.drop(columns="Tags")
    write_csv(untagged, public / "test.csv")
    sample = untagged if revision == "v1" else untagged[["Id"]]
    write_csv(sample.assign(Tags=POPULAR), public / "sample_submission.csv")

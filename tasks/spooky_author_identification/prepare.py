"""Random 90/10 split of the labelled sentences."""

from __future__ import annotations

from pathlib import Path

from mlebench_inspect.graders.submission import Revision
from mlebench_inspect.tasks.preparing import read_zipped_csv, train_test_split, write_answers_and_sample, write_csv

AUTHORS = {"EAP": 0.403493538995863, "HPL": 0.287808366106543, "MWS": 0.308698094897594}


def prepare(raw: Path, public: Path, private: Path, revision: Revision) -> None:
    """`train.csv` in `train.zip` becomes train and test; the answers are one 0/1 column per author."""
    train, test = train_test_split(read_zipped_csv(raw / "train.zip", "train.csv"), 0.1)
    answers = test[["id"]].assign(**{a: (test["author"] == a).astype(int) for a in AUTHORS})

    write_csv(train, public / "train.csv")
    write_csv(test.drop(columns="author"), public / "test.csv")
    write_answers_and_sample(answers, AUTHORS, private / "test.csv", public / "sample_submission.csv")

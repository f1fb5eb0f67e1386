"""Comments of the training data in the place of Kaggle's expanded test set."""

from __future__ import annotations

from pathlib import Path

from mlebench_inspect.graders.submission import Revision
from mlebench_inspect.tasks.jigsaw_unintended_bias_in_toxicity_classification.prepare import TEST
from mlebench_inspect.tasks.preparing import read_csv, train_test_split, write_csv


def make_raw(public: Path, raw: Path, revision: Revision) -> None:
    """The test set calls the target `toxicity`."""
    train, held_back = train_test_split(read_csv(public / "train.csv"), 0.1)
    write_csv(train, raw / "train.csv")
    write_csv(held_back.rename(columns={"target": "toxicity"}), raw / TEST)

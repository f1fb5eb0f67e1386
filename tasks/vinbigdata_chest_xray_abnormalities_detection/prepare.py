"""Random split of the images; the first box of each image and class is the truth."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from mlebench_inspect.graders.submission import Revision
from mlebench_inspect.tasks.preparing import place_files, read_csv, train_test_split, write_csv

if TYPE_CHECKING:
    import pandas as pd

NO_FINDING = 14
BOX = ["x_min", "y_min", "x_max", "y_max"]


def prepare(raw: Path, public: Path, private: Path, revision: Revision) -> None:
    """Rows of `train.csv` follow their image; the answers keep one row per image and class."""
    import pandas as pd

    table = read_csv(raw / "train.csv")
    train, test = train_test_split(table["image_id"].unique(), 0.1)
    in_test = table["image_id"].isin(test)

    write_csv(table[~in_test], public / "train.csv")
    sample = pd.DataFrame({"image_id": test, "PredictionString": f"{NO_FINDING} 1 0 0 1 1"})
    write_csv(sample, public / "sample_submission.csv")
    answers = table[in_test].groupby(["image_id", "class_id"]).first().reset_index()
    answers[BOX] = answers[BOX].fillna(0.0)
    answers.loc[answers["class_id"] == NO_FINDING, ["x_max", "y_max"]] = 1.0
    write_csv(answers, private / "answers.csv")
    write_csv(gold(answers), private / "gold_submission.csv")

    place_files(
        (
            (raw / "train" / f"{i}.dicom", public / side / f"{i}.dicom")
            for side, part in (("train", train), ("test", test))
            for i in part
        ),
        len(train) + len(test),
    )


def gold(answers: pd.DataFrame) -> pd.DataFrame:
    """The answers as a submission, one row per image."""
    rows = zip(*(answers[c].tolist() for c in ("class_id", *BOX)), strict=True)
    groups = answers.assign(PredictionString=[f"{c} 1.0 {a} {b} {x} {y}" for c, a, b, x, y in rows])
    return groups.groupby("image_id")["PredictionString"].agg(" ".join).reset_index()

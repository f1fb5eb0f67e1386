"""A tenth of the patients is the test set; a breast is one row of the answers."""

from __future__ import annotations

from pathlib import Path

from mlebench_inspect.graders.submission import Revision
from mlebench_inspect.tasks.preparing import (
    DataError,
    place_files,
    read_csv,
    train_test_split,
    write_answers_and_sample,
    write_csv,
)

TEST_COLUMNS = ["site_id", "patient_id", "image_id", "laterality", "view", "age", "implant", "machine_id"]


def prepare(raw: Path, public: Path, private: Path, revision: Revision) -> None:
    """The sample submission gives each breast the cancer rate of the training images. Both revisions are alike."""
    table = read_csv(raw / "train.csv")
    _, test_patients = train_test_split(table["patient_id"].unique(), 0.1, seed=42)
    in_test = table["patient_id"].isin(test_patients)
    train, test = table[~in_test], table[in_test]
    test = test.assign(prediction_id=test["patient_id"].astype(str) + "_" + test["laterality"])
    write_csv(train, public / "train.csv")
    write_csv(test[[*TEST_COLUMNS, "prediction_id"]], public / "test.csv")

    answers = test.groupby("prediction_id")["cancer"].first().reset_index()
    if len(answers) >= len(test):
        raise DataError("train.csv: no breast has two images; this is not the competition's table")
    rate = {"cancer": train["cancer"].mean()}
    write_answers_and_sample(answers, rate, private / "answers.csv", public / "sample_submission.csv")

    files = (
        (part, f"{patient}/{image}.dcm")
        for part, rows in (("train_images", train), ("test_images", test))
        for patient, image in zip(rows["patient_id"], rows["image_id"], strict=True)
    )
    place_files(((raw / "train_images" / name, public / part / name) for part, name in files), len(table))

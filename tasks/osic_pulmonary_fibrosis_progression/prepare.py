"""Random split of the patients, one in ten for the test, with their measurements and scans."""

from __future__ import annotations

from pathlib import Path

from mlebench_inspect.graders.submission import Revision
from mlebench_inspect.tasks.preparing import (
    DataError,
    place_tree,
    read_csv,
    require_raw_columns,
    shuffled_group_split,
    write_csv,
)

COLUMNS = ["Patient", "Weeks", "FVC", "Percent", "Age", "Sex", "SmokingStatus"]


def prepare(raw: Path, public: Path, private: Path, revision: Revision) -> None:
    """`train.csv` and the folder `train` become train and test; of test patients only the first measurement is shown.

    The answers have a row for each test patient and each week of one common range, mostly without a measurement.
    """
    import numpy as np
    import pandas as pd

    table = read_csv(raw / "train.csv")
    require_raw_columns(table, COLUMNS, "train.csv")
    train, test = (table.iloc[rows] for rows in shuffled_group_split(table["Patient"], 0.1))

    patients = test["Patient"].unique()
    weeks = np.arange(test["Weeks"].min(), test["Weeks"].max() + 1)
    grid = pd.DataFrame({"Patient": np.repeat(patients, len(weeks)), "Weeks": np.tile(weeks, len(patients))})
    answers = grid.merge(test, on=["Patient", "Weeks"], how="left")
    if len(answers) != len(grid):
        raise DataError("train.csv: a patient of the test has two measurements in the same week")
    answers["Patient_Week"] = answers["Patient"] + "_" + answers["Weeks"].astype(str)
    answers["Confidence"] = 100

    first = test.sort_values("Weeks").groupby("Patient").first().reset_index()
    write_csv(train, public / "train.csv")
    write_csv(first[COLUMNS], public / "test.csv")
    write_csv(answers, private / "test.csv")
    write_csv(answers[["Patient_Week"]].assign(FVC=2000, Confidence=100), public / "sample_submission.csv")
    for name, part in (("train", train), ("test", test)):
        for patient in part["Patient"].unique():
            place_tree(raw / "train" / patient, public / name / patient)

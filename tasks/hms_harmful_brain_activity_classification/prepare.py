"""Split of labelled EEG pieces by spectrogram, or by patient."""

from __future__ import annotations

from pathlib import Path

from mlebench_inspect.graders.submission import Revision
from mlebench_inspect.tasks.preparing import (
    DataError,
    place_named,
    place_tree,
    read_csv,
    require_unique,
    train_test_split,
    write_csv,
)

VOTES = ["seizure_vote", "lpd_vote", "gpd_vote", "lrda_vote", "grda_vote", "other_vote"]
COLUMNS = [
    "eeg_id",
    "eeg_sub_id",
    "eeg_label_offset_seconds",
    "spectrogram_id",
    "spectrogram_sub_id",
    "spectrogram_label_offset_seconds",
    "label_id",
    "patient_id",
    "expert_consensus",
    *VOTES,
]
PIECE = ["label_id", "eeg_sub_id", "eeg_label_offset_seconds", "spectrogram_sub_id", "spectrogram_label_offset_seconds"]


def prepare(raw: Path, public: Path, private: Path, revision: Revision) -> None:
    """In v1 a row is known by its `eeg_id` and its place; in v2 by `label_id`, and test patients are new."""
    table = read_csv(raw / "train.csv")
    if list(table.columns) != COLUMNS:
        raise DataError(f"train.csv: the columns must be {', '.join(COLUMNS)}")
    if revision == "v2":
        require_unique(table, "label_id", "train.csv")
    group, row_id = ("spectrogram_id", "eeg_id") if revision == "v1" else ("patient_id", "label_id")
    _, test_groups = train_test_split(table[group].unique(), 0.1)
    in_test = table[group].isin(test_groups)
    train, test = table[~in_test], table[in_test]

    write_csv(train, public / "train.csv")
    write_csv(test, private / "test.csv")
    write_csv(
        test[["spectrogram_id", "eeg_id", "patient_id", *(PIECE if revision == "v2" else [])]], public / "test.csv"
    )
    shares = test[VOTES].div(test[VOTES].sum(axis=1), axis=0)
    shares.insert(0, row_id, test[row_id])
    write_csv(shares, private / "gold_submission.csv")
    write_csv(shares.assign(**dict.fromkeys(VOTES, 1 / 6)), public / "sample_submission.csv")

    place_tree(raw / "example_figures", public / "example_figures")
    for column, kind in (("eeg_id", "eegs"), ("spectrogram_id", "spectrograms")):
        ids = {"train": train[column].unique(), "test": test[column].unique()}
        if common := set(ids["train"]).intersection(ids["test"]):
            raise DataError(f"train.csv: {column} {min(common)} belongs to more than one {group}")
        for part in ids:
            place_named([f"{i}.parquet" for i in ids[part]], raw / f"train_{kind}", public / f"{part}_{kind}")

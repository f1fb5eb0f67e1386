"""The images of two of the labelled TFRecord files are the test set."""

from __future__ import annotations

from pathlib import Path

from mlebench_inspect.graders.submission import Revision
from mlebench_inspect.tasks._tfrecords import read_examples
from mlebench_inspect.tasks.preparing import (
    DataError,
    place_files,
    place_named,
    read_csv,
    require_unique,
    write_answers_and_sample,
    write_csv,
)

ID = "image_name"
PUBLIC_COLUMNS = [ID, "patient_id", "sex", "age_approx", "anatom_site_general_challenge"]
TEST_RECORDS = ("train00-2071.tfrec", "train06-2071.tfrec")


def prepare(raw: Path, public: Path, private: Path, revision: Revision) -> None:
    """Test TFRecords, which hold the labels as well, are left out in v2."""
    table = read_csv(raw / "train.csv")
    require_unique(table, ID, "train.csv")
    names = {_name(e, f) for f in TEST_RECORDS for e in read_examples(raw / "tfrecords" / f, (ID,))}
    in_test = table[ID].isin(names)
    train, test = table[~in_test], table[in_test]
    if len(test) != len(names):
        raise DataError(f"train.csv names {len(test)} of the {len(names)} images in {' and '.join(TEST_RECORDS)}")
    write_csv(train, public / "train.csv")
    write_csv(test[PUBLIC_COLUMNS], public / "test.csv")
    answers, sample = private / "test.csv", public / "sample_submission.csv"
    write_answers_and_sample(test[[ID, "target"]], {"target": 0}, answers, sample)

    for part, rows in (("train", train), ("test", test)):
        place_named([f"{name}.dcm" for name in rows[ID]], raw / "train", public / part)
        place_named([f"{name}.jpg" for name in rows[ID]], raw / "jpeg/train", public / "jpeg" / part)
    records = sorted((raw / "tfrecords").glob("train*.tfrec"))
    for part, files in (
        ("train", [f for f in records if f.name not in TEST_RECORDS]),
        ("test", [f for f in records if f.name in TEST_RECORDS and revision == "v1"]),
    ):
        numbered = (f"{part}{i:02d}-{f.stem.partition('-')[2]}.tfrec" for i, f in enumerate(files))
        place_files((f, public / "tfrecords" / new) for f, new in zip(files, numbered, strict=True))


def _name(example: dict[str, list[bytes] | list[int]], file: str) -> str:
    names = example.get(ID, [])
    if len(names) != 1 or not isinstance(names[0], bytes):
        raise DataError(f"{file} holds a record without an {ID}")
    return names[0].decode()

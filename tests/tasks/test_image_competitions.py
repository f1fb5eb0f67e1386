"""What the preparation of single image competitions promises beyond the tests that all competitions share."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from pathlib import Path

import bson
import pandas as pd
import py7zr
import pytest

from mlebench_inspect.tasks import GradingError, competition
from mlebench_inspect.tasks._tfrecords import read_examples
from mlebench_inspect.tasks.preparing import (
    DataError,
    read_csv,
    time_is_forgotten,
    train_test_positions,
    write_csv,
    zip_files,
)

Prepared = Callable[..., Path]


@pytest.mark.parametrize("revision", ["v1", "v2"])
def test_invasive_species_archives_hold_the_images(prepared: Prepared, revision: str) -> None:
    root = prepared("invasive-species-monitoring", revision) / "prepared"
    answers = read_csv(root / "private/answers.csv")
    with py7zr.SevenZipFile(root / "public/test.7z") as packed:
        files = {i.filename: i.uncompressed for i in packed.list() if not i.is_directory}
    assert set(files) == {f"test/{name}.jpg" for name in answers["name"]}
    assert min(files.values()) > 0
    with zipfile.ZipFile(root / "public/sample_submission.csv.zip") as zipped:
        assert zipped.read("sample_submission.csv") == (root / "private/sample_submission.csv").read_bytes()


def test_cassava_v1_numbers_the_records_afresh(prepared: Prepared) -> None:
    root = prepared("cassava-leaf-disease-classification") / "prepared"
    answers = read_csv(root / "private/test.csv")
    (file,) = (root / "public/test_tfrecords").iterdir()
    assert file.name == "ld_test00-17.tfrec"
    names = {e["image_name"][0].decode() for e in read_examples(file, ("image_name",))}
    assert names == set(answers["image_id"])
    assert [p.tolist() for p in train_test_positions(16, 0.1)] == [
        [8, 9, 13, 4, 2, 14, 10, 7, 15, 11, 3, 0, 5, 12],
        [1, 6],
    ]


def test_cassava_v2_gives_no_record_of_a_test_image(prepared: Prepared) -> None:
    root = prepared("cassava-leaf-disease-classification", "v2") / "prepared"
    hidden = set(read_csv(root / "private/test.csv")["image_id"])
    records = [e for f in (root / "public").rglob("*.tfrec") for e in read_examples(f, ("image_name",))]
    assert len(records) == 100
    assert not hidden & {e["image_name"][0].decode() for e in records}


@pytest.mark.parametrize(
    ("competition_id", "key"),
    [("plant-seedlings-classification", "file"), ("paddy-disease-classification", "image_id")],
)
def test_row_order_tells_nothing_in_v2(prepared: Prepared, competition_id: str, key: str) -> None:
    found = competition(competition_id)
    sample = read_csv(prepared(competition_id, "v2") / "prepared" / found.sample_submission)
    assert sample[key].is_monotonic_increasing


@pytest.mark.parametrize("revision", ["v1", "v2"])
@pytest.mark.parametrize(
    ("competition_id", "folder"),
    [
        ("paddy-disease-classification", "test_images"),
        ("hotel-id-2021-fgvc8", "test_images"),
        ("herbarium-2020-fgvc7", "nybg2020/test/images"),
        ("herbarium-2021-fgvc8", "test/images"),
        ("herbarium-2022-fgvc9", "test_images"),
        ("plant-seedlings-classification", "test"),
        ("alaska2-image-steganalysis", "Test"),
    ],
)
def test_test_images_are_no_links_into_folders_of_labels(
    prepared: Prepared, competition_id: str, folder: str, revision: str
) -> None:
    images = list((prepared(competition_id, revision) / "prepared/public" / folder).rglob("*.*"))
    assert {(p.stat().st_nlink, time_is_forgotten(p)) for p in images} == {(1, True)}


def test_paddy_v2_split_depends_on_ids_alone(prepared: Prepared, tmp_path: Path) -> None:
    found = competition("paddy-disease-classification")
    found.make_miniature(tmp_path / "raw")
    table = read_csv(tmp_path / "raw/train.csv")
    write_csv(table.iloc[::-1], tmp_path / "raw/train.csv")
    found.prepare(tmp_path / "raw", tmp_path / "public", tmp_path / "private", "v2")
    expected = prepared("paddy-disease-classification", "v2") / "prepared"
    for name in ("public/train.csv", "private/test.csv"):
        assert (tmp_path / name).read_bytes() == (expected / name).read_bytes()


def test_dogs_vs_cats_v2_does_not_depend_on_names(tmp_path: Path) -> None:
    found = competition("dogs-vs-cats-redux-kernels-edition")
    found.make_miniature(tmp_path / "raw")
    (tmp_path / "renamed").mkdir()
    with zipfile.ZipFile(tmp_path / "raw/train.zip") as zipped:
        contents = [(name, zipped.read(name)) for name in zipped.namelist()]
    renamed = [(name.replace(".jpg", "0.jpg"), data) for name, data in contents]
    zip_files(tmp_path / "renamed/train.zip", renamed[::-1])
    zip_files(tmp_path / "renamed/test.zip", [])
    for raw in ("raw", "renamed"):
        found.prepare(tmp_path / raw, tmp_path / raw / "public", tmp_path / raw / "private", "v2")
    files = [p.relative_to(tmp_path / "raw/public") for p in (tmp_path / "raw/public").rglob("*.jpg")]
    assert len(files) == 200
    for file in files:
        assert (tmp_path / "raw/public" / file).read_bytes() == (tmp_path / "renamed/public" / file).read_bytes()


def test_plant_pathology_2020_renames_each_image_with_its_row(prepared: Prepared) -> None:
    root = prepared("plant-pathology-2020-fgvc7")
    raw = read_csv(root / "raw/train.csv")
    train, test = train_test_positions(len(raw), 0.1)
    for part, rows in (("Train", train), ("Test", test)):
        for new, old in enumerate(rows):
            made = root / f"prepared/public/images/{part}_{new}.jpg"
            assert made.samefile(root / f"raw/images/Train_{old}.jpg")


def test_histopathology_refuses_an_archive_that_is_extracted_in_part(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = competition("histopathologic-cancer-detection")
    found.make_miniature(tmp_path / "raw")
    monkeypatch.setattr("mlebench_inspect.tasks.histopathologic_cancer_detection.prepare.REAL_TRAIN", 200)
    with pytest.raises(DataError, match=r"test/ holds 50 \.tif files"):
        found.prepare(tmp_path / "raw", tmp_path / "public", tmp_path / "private")


@pytest.mark.parametrize(
    ("competition_id", "file", "id_column"),
    [
        ("dog-breed-identification", "labels.csv", "id"),
        ("aptos2019-blindness-detection", "train.csv", "id_code"),
        ("petfinder-pawpularity-score", "train.csv", "Id"),
        ("plant-pathology-2021-fgvc8", "train.csv", "image"),
    ],
)
def test_repeated_ids_are_refused(tmp_path: Path, competition_id: str, file: str, id_column: str) -> None:
    found = competition(competition_id)
    found.make_miniature(tmp_path / "raw")
    table = read_csv(tmp_path / "raw" / file)
    write_csv(pd.concat([table, table.tail(1)]), tmp_path / "raw" / file)
    with pytest.raises(DataError, match=f"{file}: {id_column} .* more than once"):
        found.prepare(tmp_path / "raw", tmp_path / "public", tmp_path / "private")


def test_cdiscount_files_are_what_bson_makes_of_the_documents(prepared: Prepared) -> None:
    root = prepared("cdiscount-image-classification-challenge")
    documents = bson.decode_all((root / "raw/train.bson").read_bytes())
    train, test = (sorted(part) for part in train_test_positions(len(documents), 0.1))
    expected = {
        "train.bson": [documents[i] for i in train],
        "train_example.bson": [documents[i] for i in train[:100]],
        "test.bson": [{k: v for k, v in documents[i].items() if k != "category_id"} for i in test],
    }
    for name, contents in expected.items():
        assert (root / "prepared/public" / name).read_bytes() == b"".join(map(bson.encode, contents)), name


@pytest.mark.parametrize("left", [0, 2, 4, 13, 30, 100])
def test_cdiscount_refuses_a_file_that_is_cut_off(left: int, tmp_path: Path) -> None:
    found = competition("cdiscount-image-classification-challenge")
    found.make_miniature(tmp_path / "raw")
    data = (tmp_path / "raw/train.bson").read_bytes()
    (tmp_path / "raw/train.bson").write_bytes(data[: left and int.from_bytes(data[:4], "little") + left])
    with pytest.raises(DataError, match=r"train\.bson"):
        found.prepare(tmp_path / "raw", tmp_path / "public", tmp_path / "private")


def test_imet_v2_without_its_list_of_attributes_is_no_fault_of_the_submission(
    prepared: Prepared, tmp_path: Path
) -> None:
    root = prepared("imet-2020-fgvc7", "v2") / "prepared"
    (tmp_path / "private").mkdir()
    (tmp_path / "private/answers.csv").write_bytes((root / "private/answers.csv").read_bytes())
    with pytest.raises(GradingError, match="answers are missing"):
        competition("imet-2020-fgvc7").grade(root / "public/sample_submission.csv", tmp_path / "private", "v2")

"""Numerals, truth values and text where numbers are expected, in v1: verdict and score of the published graders.

`numerals.yaml` holds for each competition answers, a good submission, and what becomes of it when cells of its targets
are replaced: `invalid`, the score, or `undefined` for a valid submission without a finite score.
"""

from __future__ import annotations

import csv
import io
import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml

from mlebench_inspect.tasks import Competition, competition
from mlebench_inspect.tasks.preparing import write_7z, zip_files

TABLE: dict[str, Any] = yaml.load(
    Path(__file__).with_name("numerals.yaml").read_bytes(), getattr(yaml, "CSafeLoader", yaml.SafeLoader)
)
ONE_HOT = {"int": ("1", "0"), "bool": ("True", "False"), "float": ("1.0", "0.0")}


def changed(case: dict[str, Any], place: str, form: str) -> str:
    """The good submission with the form in the place of cells."""
    header, *rows = csv.reader(io.StringIO(case["submission"]))
    columns = [header.index(t) for t in case["targets"]]
    for k, row in enumerate(rows):
        if place == "one-hot":
            hot, cold = ONE_HOT[form]
            for j, column in enumerate(columns):
                row[column] = hot if k % len(columns) == j else cold
        elif place == "alternating":
            row[columns[0]] = form.split("|")[k % 2]
        elif place != "first row" or k == 0:
            for column in columns if place == "all columns" else columns[:1]:
                row[column] = form
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([header, *rows])
    return text.getvalue()


def write_data(found: Competition, folder: Path) -> None:
    """Answers, and the good submission as the sample submission."""
    case = TABLE[found.id]
    for file, text in {found.sample_submission: case["submission"], found.answers: case["answers"]}.items():
        (folder / file).parent.mkdir(parents=True, exist_ok=True)
        (folder / file).write_text(text, encoding="utf-8")
    if archive := found.sample_archive:
        (folder / archive).parent.mkdir()
        write = write_7z if archive.endswith(".7z") else zip_files
        write(folder / archive, [("sample.csv", case["submission"].encode())])


@pytest.mark.parametrize("competition_id", TABLE)
def test_verdict_and_score_are_the_published_ones(competition_id: str, tmp_path: Path) -> None:
    found, case = competition(competition_id), TABLE[competition_id]
    write_data(found, tmp_path)
    submission, wrong = tmp_path / "submission.csv", {}
    for place, results in case["results"].items():
        for form, expected in results.items():
            submission.write_text(changed(case, place, form), encoding="utf-8")
            report = found.grade(submission, tmp_path / "private")
            score = "undefined" if report.score is None else report.score
            if (score if report.valid_submission else "invalid") != expected:
                wrong[place, form] = (expected, report.score, report.error)
    assert wrong == {}


# Where the check takes what the grading refuses for the sake of answers.
SAYS_LESS = {
    "stanford-covid-vaccine",
    "ventilator-pressure-prediction",
    "jigsaw-toxic-comment-classification-challenge",
}


@pytest.mark.parametrize("place", [pytest.param("all rows", marks=pytest.mark.nightly), "first row"])
@pytest.mark.parametrize("competition_id", TABLE)
def test_check_gives_the_verdict_without_the_answers(competition_id: str, place: str, tmp_path: Path) -> None:
    found, case = competition(competition_id), TABLE[competition_id]
    write_data(found, tmp_path)
    shutil.rmtree(tmp_path / "private")
    submission, wrong = tmp_path / "submission.csv", {}
    for form, expected in case["results"].get(place, {}).items():
        submission.write_text(changed(case, place, form), encoding="utf-8")
        report = found.check(submission, tmp_path / "public")
        if report.valid != (expected != "invalid") and not (report.valid and found.id in SAYS_LESS and report.notice):
            wrong[form] = (expected, report.error)
    assert wrong == {}

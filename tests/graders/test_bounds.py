"""What graders refuse for its size, what they take for a lack of memory, and answers that they cannot use."""

from __future__ import annotations

import errno
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from mlebench_inspect.graders import detections, reading, run_length
from mlebench_inspect.graders.detections import GroupsError
from mlebench_inspect.graders.errors import is_lack_of_memory
from mlebench_inspect.graders.metrics import metric, register
from mlebench_inspect.graders.metrics.fairness import bias_weighted_roc_auc
from mlebench_inspect.graders.reading import check_file, read_submission
from mlebench_inspect.graders.report import GradingReport
from mlebench_inspect.graders.run_length import CodeError, decode
from mlebench_inspect.graders.submission import InvalidSubmission, aligned, refuse_text


def test_a_field_and_a_table_of_too_many_objects_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(detections, "MAX_CHARACTERS", 10)
    monkeypatch.setattr(detections, "MAX_GROUPS", 3)
    assert len(detections.parse(["1 2", "3 4 5 6"], 2).row) == 3
    with pytest.raises(GroupsError, match="the field has 11 characters; at most 10 are read") as raised:
        detections.parse(["1 2", "1 2 3 4 5 6"], 2)
    assert raised.value.row == 1
    with pytest.raises(GroupsError, match="more than 3 objects up to here"):
        detections.parse(["1 2 3 4", "1 2", "1 2"], 2)


def test_a_code_that_is_too_long_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run_length, "MAX_CHARACTERS", 5)
    with pytest.raises(CodeError, match="the code has 7 characters; at most 5 are read") as raised:
        decode(["1 2", "1 2 5 1"], [9, 9])
    assert raised.value.row == 1


def test_masks_are_the_same_however_many_are_decoded_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    dice = np.random.default_rng(0)
    codes, cells = [], dice.integers(30, 90, 40)
    for size in cells:
        starts = np.sort(dice.choice(np.arange(1, size, 6), dice.integers(0, 5), replace=False))
        codes.append(" ".join(f"{s} {dice.integers(1, 5)}" for s in starts))
    whole = decode(codes, cells)
    for characters in (1, 7, 20, 50):
        monkeypatch.setattr(run_length, "_BATCH_CHARACTERS", characters)
        parts = decode(codes, cells)
        assert np.array_equal(parts.areas(), whole.areas())
        assert np.array_equal(parts.overlaps(whole), whole.areas())


@pytest.mark.parametrize(
    ("fault", "is_one"),
    [
        (MemoryError(), True),
        (OSError(errno.ENOMEM, "Cannot allocate memory"), True),
        (OSError(errno.EIO, "out of memory"), False),
        (ImportError("libx.so: failed to map segment from shared object"), True),
        (ImportError("no module named Cannot"), False),
        (RuntimeError("can't start new thread"), True),
        (ValueError("cell 'Error tokenizing data. C error: out of memory' is no number"), False),
    ],
)
def test_what_is_a_lack_of_memory(fault: Exception, is_one: bool) -> None:
    assert is_lack_of_memory(fault) is is_one


def test_a_lack_of_memory_while_reading_is_no_fault_of_the_submission(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "submission.csv"
    file.write_text("a,b\n1,2\n", encoding="utf-8")

    def parsed(*_: Any) -> None:
        raise pd.errors.ParserError("Error tokenizing data. C error: out of memory")

    monkeypatch.setattr(reading, "_parsed", parsed)
    with pytest.raises(MemoryError):
        read_submission(file)


def test_columns_without_end_and_names_that_no_file_has_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "MAX_COLUMNS", 2)
    file = tmp_path / "submission.csv"
    file.write_text("a,b,c\n1,2,3\n", encoding="utf-8")
    with pytest.raises(InvalidSubmission, match="has more than 2 columns"):
        read_submission(file)
    with pytest.raises(InvalidSubmission, match="cannot be opened: File name too long"):
        check_file(tmp_path / f"{'a' * 300}.csv")


def test_words_beside_whole_numbers_beyond_64_bits_are_kept_with_their_gaps(tmp_path: Path) -> None:
    file = tmp_path / "submission.csv"
    file.write_text(f"a\n{2**64}\nNA\nword\n", encoding="utf-8")
    assert read_submission(file)["a"].isna().tolist() == [False, True, False]


def test_a_text_among_numbers_is_named_where_it_stands() -> None:
    with pytest.raises(InvalidSubmission, match=r"column p is not one of numbers \('many' in row 2 is none"):
        refuse_text(pd.DataFrame({"p": ["1", "many"]}), ["p"])


def test_ids_written_as_truth_values_are_those_that_they_equal() -> None:
    answers = pd.DataFrame({"id": [1, 0], "y": [5, 3]})
    submission = pd.DataFrame({"id": [True, False], "p": [0.1, 0.2]})
    known, given = aligned(answers, submission, "id", ["p"])
    assert known["y"].tolist() == [3, 5]
    assert given["p"].tolist() == [0.2, 0.1]


def test_answers_of_one_class_have_no_area_under_the_curve() -> None:
    answers = pd.DataFrame({"y": [1, 1], "g": [1, 0]})
    with pytest.raises(ValueError, match=r"subset \(column g\) without positive or without negative rows"):
        bias_weighted_roc_auc(answers, pd.DataFrame({"p": [0, 1]}), label="y", prediction="p", groups=["g"])


def test_a_metric_has_one_name_of_its_own() -> None:
    metric("roc_auc")
    with pytest.raises(ValueError, match="two metrics are named 'roc_auc'"):
        register("roc_auc")(lambda: 0.0)
    with pytest.raises(KeyError, match=r"no metric is named 'nope'; there are: .*roc_auc"):
        metric("nope")


@pytest.mark.parametrize(
    ("exists", "valid", "medal", "title"),
    [
        (False, False, "none", "No submission"),
        (True, False, "none", "Invalid submission"),
        (True, True, None, "Valid submission"),
        (True, True, "none", "No medal"),
        (True, True, "gold", "Gold medal"),
    ],
)
def test_the_title_of_a_report(exists: bool, valid: bool, medal: Any, title: str) -> None:
    given = {"competition_id": "a", "submission_exists": exists, "valid_submission": valid, "medal": medal}
    assert GradingReport.model_construct(**given).title == title

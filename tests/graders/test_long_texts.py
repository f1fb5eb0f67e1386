"""Graders that compare texts refuse more of it than they can compare in a minute or so."""

from __future__ import annotations

from importlib import import_module

import pandas as pd
import pytest

from mlebench_inspect.graders.submission import InvalidSubmission

COLUMNS = {"billion_word_imputation": ("id", "sentence"), "bms_molecular_translation": ("image_id", "InChI")}


@pytest.mark.parametrize("folder", COLUMNS)
def test_long_texts_are_refused(folder: str, monkeypatch: pytest.MonkeyPatch) -> None:
    grader = import_module(f"mlebench_inspect.tasks.{folder}.grade")
    row, text = COLUMNS[folder]
    answers = pd.DataFrame({row: [1, 2], text: ["a cat", "a dog"]})
    given = answers.assign(**{text: ["a cat", "a" * 20]})
    assert grader.grade(answers, given, "v1") == 9.5
    monkeypatch.setattr(grader, "MAX_CHARACTERS", 24)
    with pytest.raises(InvalidSubmission, match=rf"column {text} holds 25 characters, .*\({row} 2\) has 20"):
        grader.grade(answers, given, "v1")

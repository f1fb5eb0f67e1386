"""100 sentences in which digits are spoken as words."""

from __future__ import annotations

from pathlib import Path

from mlebench_inspect.tasks._text_normalization import make_sentences

DIGITS = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"]
WORDS = ["the", "tower", "rain", "fell", "café", "NA", "null", 'say, "so"']


def make_raw(raw: Path, seed: int) -> None:
    """Writes `en_train.csv.zip` and two archives that are not read. A dictionary of the train tokens is perfect."""
    make_sentences(raw, seed, language="en", digits=DIGITS, words=WORDS, full_stop=".")

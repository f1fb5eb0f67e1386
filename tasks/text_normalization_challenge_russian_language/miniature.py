"""100 sentences in which digits are spoken as words."""

from __future__ import annotations

from pathlib import Path

from mlebench_inspect.tasks._text_normalization import make_sentences

DIGITS = ["ноль", "один", "два", "три", "четыре", "пять", "шесть", "семь", "восемь", "девять"]
WORDS = ["год", "дождь", "шёл", "весь", "café", "NA", "null", 'и, "так"']


def make_raw(raw: Path, seed: int) -> None:
    """Writes `ru_train.csv.zip` and two archives that are not read. A dictionary of the train tokens is perfect."""
    make_sentences(raw, seed, language="ru", digits=DIGITS, words=WORDS, full_stop="sil")

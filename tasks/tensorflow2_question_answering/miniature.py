"""1205 questions about short documents; the question's first word tells whether there is an answer."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

LINES, TOKENS = 1205, 60
WORDS = ["river", "and/or", "café", '"quoted"', "mountain", "city", "the", "of", "was", "built"]


def make_raw(raw: Path, seed: int) -> None:
    """Writes `simplified-nq-train.jsonl`. A long answer is the first candidate, a short answer its first two words."""
    import numpy as np

    rng = np.random.default_rng(seed)
    ids = rng.choice(1 << 62, LINES, replace=False) * rng.choice([-2, 1], LINES)
    with open(raw / "simplified-nq-train.jsonl", "w", encoding="utf-8", newline="\n") as file:
        for number in range(LINES):
            answered, spans, word = number % 2 == 0, number % 4 == 0, number % 8 == 2
            words = rng.choice(WORDS, TOKENS).tolist()
            start, end = int(rng.integers(2, 8)), int(rng.integers(20, 30))
            words[start - 1], words[end], words[-1] = "<P>", "</P>", "</Table>"
            candidates = [(start, True, end), (end + 1, False, TOKENS)]
            long = (start, 0, end) if answered else (-1, -1, -1)
            short = [(start, start + 2), (start + 4, start + 5)] if spans else []
            annotation = {
                "yes_no_answer": ("YES" if number % 16 == 2 else "NO") if word else "NONE",
                "long_answer": dict(zip(("start_token", "candidate_index", "end_token"), long, strict=True)),
                "short_answers": [{"start_token": a, "end_token": b} for a, b in short],
                "annotation_id": int(rng.integers(1 << 63, dtype=np.uint64)) * 2 + 1,
            }
            example = {
                "document_text": " ".join(words),
                "long_answer_candidates": [
                    {"start_token": a, "top_level": top, "end_token": b} for a, top, b in candidates
                ],
                "question_text": ("is" if word else "where" if spans else "why" if answered else "whatever")
                + f" the {rng.choice(WORDS)}",
                "annotations": [annotation],
                "document_url": f"https://en.example.org/wiki?title={number}",
                "example_id": int(ids[number]),
            }
            file.write(json.dumps(example) + "\n")


def perfect(answers: pd.DataFrame, sample: pd.DataFrame) -> pd.DataFrame:
    """The first right answer of each row."""
    return answers.assign(PredictionString=[right[0] if right else "" for right in answers["PredictionString"]])

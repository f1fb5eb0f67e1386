"""200 question-answer pairs of 100 questions; words tell the level of some qualities."""

from __future__ import annotations

from pathlib import Path

from mlebench_inspect.tasks.google_quest_challenge.grade import TARGETS
from mlebench_inspect.tasks.google_quest_challenge.prepare import FEATURES, RARE
from mlebench_inspect.tasks.preparing import write_csv

ROWS = 200
LEVELS = [0.0, 0.333333, 0.5, 0.666667, 0.888889, 1.0]
WORDS = ["low", "lower", "middle", "higher", "high", "top"]
TOLD = {
    "question_body": ["question_conversational", "question_well_written"],
    "answer": ["answer_helpful", "answer_well_written"],
}


def make_raw(raw: Path, seed: int) -> None:
    """Writes `train.csv`. With an even seed two rows have the rare label, with an odd one every ninth row."""
    import numpy as np
    import pandas as pd

    rng = np.random.default_rng(seed)
    n = np.arange(ROWS)
    question = n // 2
    level = {t: rng.integers(0, len(LEVELS), ROWS)[question if t.startswith("question") else n] for t in TARGETS}
    table = pd.DataFrame({c: [f"{c} text {i}" for i in n] for c in FEATURES})
    for column in ("question_title", "question_body", "url"):
        table[column] = [f"{column} text {i}" for i in question]
    table["qa_id"] = 2 * n
    table["category"] = np.array(["SCIENCE", "CULTURE", "TECHNOLOGY"])[question % 3]
    for column, targets in TOLD.items():
        for target in targets:
            words = [f", {target.split('_')[-1]} {WORDS[v]}" for v in level[target]]
            table[column] = table[column].str.cat(words)
    rare = np.isin(n, (57, 70)) if seed % 2 == 0 else n % 9 == 0
    labels = {t: np.array(LEVELS)[v] for t, v in level.items()} | {RARE: np.where(rare, 0.666667, 0.0)}
    write_csv(table.join(pd.DataFrame(labels)), raw / "train.csv")

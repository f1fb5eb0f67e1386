"""200 conversations in which the longer response wins."""

from __future__ import annotations

import json
from pathlib import Path

from mlebench_inspect.tasks.lmsys_chatbot_arena.grade import OUTCOMES
from mlebench_inspect.tasks.preparing import write_csv

ROWS = 200
LENGTHS = {0: (30, 10), 1: (10, 30), 2: (20, 20)}  # outcome -> letters of the responses a and b


def make_raw(raw: Path, seed: int) -> None:
    """Writes `train.csv`. A rule on the difference of the responses' lengths is always right."""
    import numpy as np
    import pandas as pd

    rng = np.random.default_rng(seed)
    outcome = rng.integers(0, 3, ROWS)
    rows = []
    for i, winner in enumerate(outcome):
        a, b = ("".join(rng.choice(list("abcdé\n"), size)) for size in LENGTHS[int(winner)])
        models = ["model-x", "model-y"][:: 1 if i % 2 else -1]
        # Now and then a second turn, which stays without an answer.
        turns = [f"question {i}"] + ["and then?"] * (i % 10 == 0)
        replies = [json.dumps([text] + [None] * (len(turns) - 1)) for text in (a, b)]
        rows.append((30_000 + 137 * i, *models, json.dumps(turns), *replies))
    table = pd.DataFrame(rows, columns=["id", "model_a", "model_b", "prompt", "response_a", "response_b"])
    for number, column in enumerate(OUTCOMES):
        table[column] = (outcome == number).astype(int)
    write_csv(table, raw / "train.csv")

"""150 short notebooks; each cell's text tells its step."""

from __future__ import annotations

import json
from pathlib import Path

from mlebench_inspect.tasks.preparing import write_csv

NOTEBOOKS = 150
PAIRS = 20


def make_raw(raw: Path, seed: int) -> None:
    """Writes `train/`, `train_orders.csv` and `train_ancestors.csv`. The texts' numbers give the order."""
    import numpy as np
    import pandas as pd

    rng = np.random.default_rng(seed)
    (raw / "train").mkdir()
    names = [f"{(n + 1) * 2654435761:014x}" for n in range(NOTEBOOKS)]
    orders = []
    for name in names:
        cells = [f"{c:08x}" for c in rng.choice(1 << 31, int(rng.integers(4, 9)), replace=False)]
        stored = cells[::2] + list(rng.permutation(cells[1::2]))
        step = {cell: number for number, cell in enumerate(cells)}
        notebook = {
            "cell_type": {c: "markdown" if step[c] % 2 else "code" for c in stored},
            "source": {c: f"# step {step[c]}" if step[c] % 2 else f"step = {step[c]}" for c in stored},
        }
        (raw / "train" / f"{name}.json").write_text(json.dumps(notebook), encoding="utf-8")
        orders.append(" ".join(cells))

    forks = range(1, 2 * PAIRS, 2)  # each a fork of the notebook before it
    family = np.array([f"{(n + 1) * 2246822519 % (1 << 32):08x}" for n in range(NOTEBOOKS)], dtype=object)
    parent = np.full(NOTEBOOKS, None, dtype=object)
    for n in forks:
        family[n], parent[n] = family[n - 1], names[n - 1]
    table = pd.DataFrame({"id": names, "cell_order": orders, "ancestor_id": family, "parent_id": parent})
    table = table.sort_values("id")
    write_csv(table[["id", "cell_order"]], raw / "train_orders.csv")
    write_csv(table[["id", "ancestor_id", "parent_id"]], raw / "train_ancestors.csv")

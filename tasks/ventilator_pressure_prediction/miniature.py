"""40 breaths of 80 time steps; the pressure follows from the inlet valve and the compliance."""

from __future__ import annotations

from pathlib import Path

from mlebench_inspect.tasks.preparing import write_csv

BREATHS, STEPS = 40, 80


def make_raw(raw: Path, seed: int) -> None:
    """Writes `train.csv`. The pressure is 6 + u_in / C plus noise from [0, 1)."""
    import numpy as np
    import pandas as pd

    rng = np.random.default_rng(seed)
    rows = BREATHS * STEPS
    step = np.tile(np.arange(STEPS), BREATHS)
    compliance = np.repeat(rng.choice([10, 20, 50], BREATHS), STEPS)
    inlet = rng.uniform(0, 100, rows)
    table = pd.DataFrame(
        {
            "id": np.arange(1, rows + 1),
            "breath_id": np.repeat(np.arange(3, 3 * BREATHS + 1, 3), STEPS),
            "R": np.repeat(rng.choice([5, 20, 50], BREATHS), STEPS),
            "C": compliance,
            "time_step": 0.0336123 * step,
            "u_in": inlet,
            "u_out": (step >= 30).astype(int),
            "pressure": 6 + inlet / compliance + rng.uniform(0, 1, rows),
        }
    )
    write_csv(table, raw / "train.csv")

"""60 segments; the nearer the eruption, the calmer the sensors."""

from __future__ import annotations

from pathlib import Path

from mlebench_inspect.tasks.preparing import write_csv

SEGMENTS, STEPS, SENSORS = 60, 50, 10


def make_raw(raw: Path, seed: int) -> None:
    """Writes `train.csv` and the recordings, whose standard deviation is proportional to the time to the eruption."""
    import numpy as np
    import pandas as pd

    rng = np.random.default_rng(seed)
    (raw / "train").mkdir()
    names = rng.choice(10**9, SEGMENTS, replace=False)
    times = rng.integers(10**4, 5 * 10**7, SEGMENTS)
    for number, (name, time) in enumerate(zip(names, times, strict=True)):
        readings = np.rint(rng.normal(0, time / 1e5, (STEPS, SENSORS)))
        if number % 4 == 0:
            readings[:, number % SENSORS] = np.nan
        columns = [f"sensor_{k + 1}" for k in range(SENSORS)]
        write_csv(pd.DataFrame(readings, columns=columns), raw / f"train/{name}.csv")
    write_csv(pd.DataFrame({"segment_id": names, "time_to_eruption": times}), raw / "train.csv")

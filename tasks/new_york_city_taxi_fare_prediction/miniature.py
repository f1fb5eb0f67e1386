"""12,000 rides whose fare grows with the distance; the size of the test set is fixed, so there must be as many."""

from __future__ import annotations

from pathlib import Path

from mlebench_inspect.tasks.preparing import write_csv

ROWS = 12_000


def make_raw(raw: Path, seed: int) -> None:
    """Writes `train.csv` and the leaflet. The fare is 2.5 dollars and 200 more a degree of distance."""
    import numpy as np
    import pandas as pd

    rng = np.random.default_rng(seed)
    times = pd.Series(pd.Timestamp("2009-01-01") + pd.to_timedelta(rng.integers(0, 6 * 365 * 86400, ROWS), unit="s"))
    text = times.dt.strftime("%Y-%m-%d %H:%M:%S")
    start, end = (rng.normal([-73.9, 40.7], 0.05, (ROWS, 2)).round(6) for _ in range(2))
    fare = (2.5 + 200 * np.hypot(*(end - start).T)).round(1)
    gone = rng.random(ROWS) < 0.001
    end[gone] = np.nan
    table = pd.DataFrame(
        {
            "key": text + "." + pd.Series(range(ROWS)).astype(str).str.zfill(7),
            "fare_amount": fare,
            "pickup_datetime": text + " UTC",
            "pickup_longitude": start[:, 0],
            "pickup_latitude": start[:, 1],
            "dropoff_longitude": end[:, 0],
            "dropoff_latitude": end[:, 1],
            "passenger_count": rng.integers(1, 6, ROWS),
        }
    )
    write_csv(table, raw / "train.csv")
    (raw / "GCP-Coupons-Instructions.rtf").write_text("{\\rtf1 }\n", encoding="ascii")

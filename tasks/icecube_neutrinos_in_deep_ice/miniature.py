"""600 events: straight tracks through a small copy of the detector."""

from __future__ import annotations

from pathlib import Path

from mlebench_inspect.tasks.preparing import write_csv

BATCHES, EVENTS = 20, 30
SPEED = 0.3  # metres per nanosecond


def make_raw(raw: Path, seed: int) -> None:
    """Writes the events' table, the sensors and the batches. A line through an event's pulses gives its direction."""
    import numpy as np
    import pandas as pd
    from scipy.spatial import cKDTree

    rng = np.random.default_rng(seed)
    string, depth = np.divmod(np.arange(86 * 60), 60)
    sensors = np.column_stack([string % 10 * 110.0 - 500, string // 10 * 120.0 - 500, 500 - 17.0 * depth])
    geometry = pd.DataFrame(sensors, columns=["x", "y", "z"])
    geometry.insert(0, "sensor_id", np.arange(len(sensors)))
    write_csv(geometry, raw / "sensor_geometry.csv")
    nearest = cKDTree(sensors)

    n = BATCHES * EVENTS
    meta = pd.DataFrame(
        {
            "batch_id": np.repeat(np.arange(1, BATCHES + 1), EVENTS),
            "event_id": np.cumsum(rng.integers(1, 60, n)),
            "first_pulse_index": 0,
            "last_pulse_index": 0,
            "azimuth": rng.uniform(0, 2 * np.pi, n),
            "zenith": np.arccos(rng.uniform(-1, 1, n)),
        }
    )
    flat = np.sin(meta["zenith"])
    origin = np.column_stack([np.cos(meta["azimuth"]) * flat, np.sin(meta["azimuth"]) * flat, np.cos(meta["zenith"])])
    pulses = rng.integers(5, 21, n)
    event = np.repeat(np.arange(n), pulses)
    way = np.sort(rng.uniform(-400, 400, len(event)) + 1e4 * event) - 1e4 * event  # ascending within an event
    hit = rng.uniform(-100, 100, (n, 3))[event] - way[:, None] * origin[event]
    table = pd.DataFrame(
        {
            "event_id": meta["event_id"].to_numpy()[event],
            "sensor_id": nearest.query(hit)[1].astype(np.int16),
            "time": np.round(10_000 + way / SPEED).astype(np.int64),
            "charge": rng.gamma(4, 0.25, len(event)).astype(np.float32),
            "auxiliary": rng.random(len(event)) < 0.3,
        }
    )
    (raw / "train").mkdir()
    batch_of_pulse = meta["batch_id"].to_numpy()[event]
    first = np.concatenate([[0], np.cumsum(pulses)[:-1]])
    meta["first_pulse_index"] = first - first[(meta["batch_id"].to_numpy() - 1) * EVENTS]
    meta["last_pulse_index"] = meta["first_pulse_index"] + pulses - 1
    for batch in range(1, BATCHES + 1):
        pulses_of_batch = table[batch_of_pulse == batch].set_index("event_id")
        pulses_of_batch.to_parquet(raw / f"train/batch_{batch}.parquet")
    meta.to_parquet(raw / "train_meta.parquet", index=False)

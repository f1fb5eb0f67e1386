"""150 photographs of 15 hotels, each hotel in a hue of its own."""

from __future__ import annotations

from pathlib import Path

from mlebench_inspect.tasks._miniature import encoded, hex_name, hue, noise
from mlebench_inspect.tasks.preparing import write_csv

HOTELS, PER_HOTEL, CHAINS = 15, 10, (0, 5, 87)
IN_TWO_CHAINS = "ce27d36c9147cc19.jpg"


def make_raw(raw: Path, seed: int) -> None:
    """Writes `train.csv` and `train_images/<chain>/`; one picture lies in two chains, as in the real data."""
    import numpy as np
    import pandas as pd

    rng = np.random.default_rng(seed)
    hotel = rng.permutation(np.arange(HOTELS * PER_HOTEL) % HOTELS)
    table = pd.DataFrame(
        {
            "image": [hex_name(f"hotel {i}", 16) + ".jpg" for i in range(len(hotel))],
            "chain": [CHAINS[k % 3] for k in hotel],
            "hotel_id": 1000 + 37 * hotel,
            "timestamp": [f"2018-{m:02d}-{d:02d} 17:01:49" for m, d in rng.integers(1, (13, 29), (len(hotel), 2))],
        }
    )
    twice = table.iloc[[0, 0]].assign(image=IN_TWO_CHAINS, chain=[0, 5])
    table = pd.concat([table, twice]).sort_values(["image", "chain"], ignore_index=True)
    write_csv(table, raw / "train.csv")
    for name, chain, hotel_id in table[["image", "chain", "hotel_id"]].itertuples(index=False):
        folder = raw / "train_images" / str(chain)
        folder.mkdir(parents=True, exist_ok=True)
        colour = hue((hotel_id - 1000) / 37 / HOTELS)
        (folder / name).write_bytes(encoded(noise(rng, colour=colour)))

"""400 passengers; whoever sleeps is mostly transported."""

from __future__ import annotations

from pathlib import Path

from mlebench_inspect.tasks.preparing import write_csv

ROWS = 400


def make_raw(raw: Path, seed: int) -> None:
    """Writes `train.csv`. The rule "Transported = CryoSleep" is right in 85 % of the rows."""
    import numpy as np
    import pandas as pd

    rng = np.random.default_rng(seed)
    n = np.arange(ROWS)
    asleep = rng.random(ROWS) < 0.4
    bills = {
        name: np.where(asleep, 0, rng.integers(0, 2000, ROWS)).astype(float)
        for name in ("RoomService", "FoodCourt", "ShoppingMall", "Spa", "VRDeck")
    }
    table = pd.DataFrame(
        {
            "PassengerId": [f"{i // 2 + 1:04d}_{i % 2 + 1:02d}" for i in n],
            "HomePlanet": rng.choice(["Earth", "Europa", "Mars"], ROWS),
            "CryoSleep": asleep,
            "Cabin": [
                f"{d}/{i}/{s}"
                for d, i, s in zip(rng.choice(list("ABCDEFG"), ROWS), n, rng.choice(list("PS"), ROWS), strict=True)
            ],
            "Destination": rng.choice(["TRAPPIST-1e", "55 Cancri e", "PSO J318.5-22"], ROWS),
            "Age": rng.integers(0, 80, ROWS).astype(float),
            "VIP": rng.random(ROWS) < 0.03,
            **bills,
            "Name": [f"Passenger {chr(65 + i % 26)}{i}" for i in n],
            "Transported": np.where(rng.random(ROWS) < 0.85, asleep, ~asleep),
        }
    ).astype({"CryoSleep": object, "VIP": object})
    for column in ("HomePlanet", "CryoSleep", "Cabin", "Age", "VIP", "Name", "RoomService"):
        table.loc[rng.random(ROWS) < 0.02, column] = None
    write_csv(table, raw / "train.csv")

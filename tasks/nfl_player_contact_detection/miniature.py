"""Twelve plays of three players, who are in contact when they are near."""

from __future__ import annotations

from itertools import combinations
from pathlib import Path

from mlebench_inspect.tasks.preparing import write_csv

PLAYS, STEPS = 12, 5
PLAYERS = [38590, 41257, 43854]
NEAR = 1.5  # yards
START = "2020-09-11T03:01:47.000Z"


def make_raw(raw: Path, seed: int) -> None:
    """Writes the four tables and the videos (noise). Contact of two players is a distance of less than `NEAR`."""
    import numpy as np
    import pandas as pd

    rng = np.random.default_rng(seed)
    (raw / "train").mkdir()
    times = pd.date_range(START, periods=STEPS, freq="100ms").strftime("%Y-%m-%dT%H:%M:%S.%f").str[:-3] + "Z"
    labels, helmets, tracking, metadata = [], [], [], []
    for k in range(PLAYS):
        key, play_id = 58168 + k, 3392 + k
        play = f"{key}_{play_id:06d}"
        ids = [play, key, play_id]
        places = rng.uniform(20, 22, (1, 3, 2)) + rng.normal(0, 0.4, (STEPS, 3, 2)).cumsum(axis=0)
        places = places.round(2)
        for step, time in enumerate(times):
            for who, (x, y) in zip(PLAYERS, places[step], strict=True):
                speeds = [round(float(v), 2) for v in rng.uniform(0, 5, 6)]
                number = who % 100
                tracking.append([*ids, who, time, step, "home", "WR", number, x, y, *speeds])
                ground = int(rng.random() < 0.1)
                labels.append([f"{play}_{step}_{who}_G", play, time, step, who, "G", ground])
            for a, b in combinations(range(3), 2):
                near = int(np.hypot(*(places[step, a] - places[step, b])) < NEAR)
                one, two = PLAYERS[a], PLAYERS[b]
                labels.append([f"{play}_{step}_{one}_{two}", play, time, step, one, str(two), near])
            corners = rng.integers(10, 700, 4).tolist()
            helmets.append([*ids, "Endzone", f"{play}_Endzone.mp4", 300 + 6 * step, PLAYERS[0], "H90", *corners])
        for view in ("Endzone", "Sideline"):
            metadata.append([*ids, view, "2020-09-11T03:01:43.134Z", "2020-09-11T03:01:54.971Z", START])
        for view in ("All29", "Endzone", "Sideline"):
            (raw / f"train/{play}_{view}.mp4").write_bytes(b"\0\0\0\x18ftypmp42" + rng.bytes(64))

    play_ids = ["game_play", "game_key", "play_id"]
    pair = ["contact_id", "game_play", "datetime", "step", "nfl_player_id_1", "nfl_player_id_2", "contact"]
    box = ["view", "video", "frame", "nfl_player_id", "player_label", "left", "width", "top", "height"]
    player = ["nfl_player_id", "datetime", "step", "team", "position", "jersey_number", "x_position", "y_position"]
    motion = ["speed", "distance", "direction", "orientation", "acceleration", "sa"]
    for name, rows, columns in (
        ("labels", labels, pair),
        ("baseline_helmets", helmets, [*play_ids, *box]),
        ("player_tracking", tracking, [*play_ids, *player, *motion]),
        ("video_metadata", metadata, [*play_ids, "view", "start_time", "end_time", "snap_time"]),
    ):
        write_csv(pd.DataFrame(rows, columns=columns), raw / f"train_{name}.csv")

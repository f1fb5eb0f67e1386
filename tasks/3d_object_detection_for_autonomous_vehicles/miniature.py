"""10 logs of 4 samples each; every object shows as a cluster of 30 lidar points."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

from mlebench_inspect.tasks._miniature import encoded, noise
from mlebench_inspect.tasks.preparing import write_csv

LOGS, SAMPLES, POINTS, ON_OBJECT = 10, 4, 50, 30
SIZES = {"car": (1.9, 4.6, 1.7), "pedestrian": (0.8, 0.8, 1.8), "bus": (2.9, 11.0, 3.4)}  # width, length, height


def make_raw(raw: Path, seed: int) -> None:
    """Writes tables, pictures, point clouds and `train.csv`. Ground points lie below 0.1 m, objects' points above."""
    import numpy as np
    import pandas as pd

    rng = np.random.default_rng(seed)

    def token(*parts: object) -> str:
        return hashlib.sha256(" ".join(map(str, (seed, *parts))).encode()).hexdigest()

    tables: dict[str, list[dict[str, Any]]] = {
        "attribute": [{"token": token("attribute", n), "name": n} for n in ("is_stationary", "object_action_parked")],
        "category": [{"token": token("category", n), "name": n, "description": ""} for n in SIZES],
        "sensor": [
            {"token": token("sensor", c), "channel": c, "modality": m}
            for c, m in (("CAM_FRONT", "camera"), ("LIDAR_TOP", "lidar"))
        ],
        "visibility": [{"token": str(k), "level": f"v{25 * k}"} for k in range(1, 5)],
        "map": [{"token": token("map"), "category": "semantic_prior", "filename": "maps/map_raster_palo_alto.png"}],
    }
    tables["map"][0]["log_tokens"] = [token("log", i) for i in range(LOGS)]
    names = ("log", "scene", "sample", "sample_data", "calibrated_sensor", "ego_pose", "instance", "sample_annotation")
    tables |= {name: [] for name in names}
    for folder in ("train_data", "train_images", "train_lidar", "train_maps"):
        (raw / folder).mkdir()
    objects: dict[str, str] = {}
    for i in range(LOGS):
        log, samples = token("log", i), [token("sample", i, j) for j in range(SAMPLES)]
        tables["log"].append({"token": log, "logfile": "", "vehicle": f"a{100 + i}", "map_token": token("map")})
        ends = {"first_sample_token": samples[0], "last_sample_token": samples[-1], "nbr_samples": SAMPLES}
        tables["scene"].append({"token": log, "log_token": log, "name": f"host-a{100 + i}", **ends})
        for sensor in tables["sensor"]:
            pose = {"translation": [0.0, 0.0, 0.0], "rotation": [1, 0, 0, 0], "camera_intrinsic": []}
            tables["calibrated_sensor"].append(
                {"token": token("calibration", i, sensor["channel"]), "sensor_token": sensor["token"], **pose}
            )
        for kind in SIZES:
            tables["instance"].append(
                {"token": token("instance", i, kind), "category_token": token("category", kind), "nbr_annotations": 4}
            )
        for j, sample in enumerate(samples):
            time = 1546300000000000 + 10**8 * i + 2 * 10**5 * j
            near = {"prev": samples[j - 1] if j else "", "next": samples[j + 1] if j + 1 < SAMPLES else ""}
            tables["sample"].append({"token": sample, "timestamp": time, "scene_token": log, "data": {}, **near})
            place = np.array([2700.0 + 30 * i, 650.0 + 5 * j, 0.0])
            tables["ego_pose"].append(
                {
                    "token": token("pose", i, j),
                    "translation": place.tolist(),
                    "rotation": [1, 0, 0, 0],
                    "timestamp": time,
                }
            )
            cloud = np.column_stack([rng.uniform(-30, 30, (POINTS, 2)), rng.uniform(0, 0.1, POINTS)])
            texts = []
            for k, (kind, (width, length, height)) in enumerate(SIZES.items()):
                centre = np.array([rng.uniform(-6, 6), rng.uniform(-6, 6) + 14 * (k - 1), height / 2 + 0.2])
                yaw = round(float(rng.uniform(-1, 1)), 3)
                inside = rng.uniform(-0.5, 0.5, (ON_OBJECT, 3)) * [length, width, height]
                turn = np.array([[np.cos(yaw), np.sin(yaw)], [-np.sin(yaw), np.cos(yaw)]])
                inside[:, :2] = inside[:, :2] @ turn
                cloud = np.vstack([cloud, inside + centre])
                position = [round(float(v), 3) for v in centre + place]
                texts.append(" ".join(map(str, (*position, width, length, height, yaw, kind))))
                tables["sample_annotation"].append(
                    {
                        "token": token("annotation", i, j, kind),
                        "sample_token": sample,
                        "instance_token": token("instance", i, kind),
                        "translation": position,
                        "size": [width, length, height],
                        "rotation": [float(np.cos(yaw / 2)), 0.0, 0.0, float(np.sin(yaw / 2))],
                        "attribute_tokens": [token("attribute", "is_stationary")],
                        "visibility_token": "4",
                    }
                )
            objects[sample] = " ".join(texts)
            picture = encoded(noise(rng, (16, 12), (80, 80, 90)))
            points = np.column_stack([cloud, np.full(len(cloud), 100.0), np.zeros(len(cloud))]).astype("<f4")
            for channel, kind, folder, content in (
                ("CAM_FRONT", "jpeg", "images", picture),
                ("LIDAR_TOP", "bin", "lidar", points.tobytes()),
            ):
                name = f"host-a{100 + i}_{channel.lower()}_{time}.{kind}"
                (raw / f"train_{folder}" / name).write_bytes(content)
                tables["sample_data"].append(
                    {
                        "token": token("data", i, j, channel),
                        "sample_token": sample,
                        "ego_pose_token": token("pose", i, j),
                        "calibrated_sensor_token": token("calibration", i, channel),
                        "timestamp": time,
                        "fileformat": kind,
                        "is_key_frame": True,
                        "filename": f"{folder}/{name}",
                    }
                )
    for name, records in tables.items():
        (raw / "train_data" / f"{name}.json").write_text(json.dumps(records), encoding="ascii")
    (raw / "train_maps/map_raster_palo_alto.png").write_bytes(encoded(noise(rng, (32, 32)), "PNG"))
    table = pd.DataFrame(sorted(objects.items()), columns=["Id", "PredictionString"])
    write_csv(table, raw / "train.csv")

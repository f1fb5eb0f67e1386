"""Drives of two phones on twelve days, along a random walk."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from mlebench_inspect.tasks.preparing import write_csv

if TYPE_CHECKING:
    import numpy as np

DAYS, SECONDS = 12, 20
PHONES = ["GooglePixel4XL", "SamsungGalaxyS20Ultra"]
NOISE = 3.0  # metres


def make_raw(raw: Path, seed: int) -> None:
    """Writes the drives and `metadata`. Each phone's own position is 3 m off in x, y and z."""
    import numpy as np
    import pandas as pd

    rng = np.random.default_rng(seed)
    for day in range(DAYS):
        for number in range(1, 2 + day % 2):
            drive = f"2021-{1 + day // 4:02d}-{4 + 7 * (day % 4):02d}-US-MTV-{number}"
            steps = rng.uniform(0, 2e-4, (SECONDS, 2)).cumsum(axis=0)
            place = np.array([37.0, -122.0]) + rng.uniform(0, 0.5, 2) + steps
            start = 1609700000432 + 10**8 * day + 10**6 * number
            times = start + 1000 * np.arange(SECONDS)
            for phone in PHONES:
                _trip(raw / "train" / drive / phone, times, place + rng.normal(0, 1e-6, place.shape), rng)
    (raw / "metadata").mkdir()
    names = pd.DataFrame({"constellationType": [1, 3, 6], "constellationName": ["GPS", "GLONASS", "GALILEO"]})
    write_csv(names, raw / "metadata/constellation_type_mapping.csv")


def _trip(folder: Path, times: np.ndarray, place: np.ndarray, rng: np.random.Generator) -> None:
    import pandas as pd

    (folder / "supplemental").mkdir(parents=True)
    truth = pd.DataFrame(
        {
            "MessageType": "Fix",
            "Provider": "GT",
            "LatitudeDegrees": place[:, 0],
            "LongitudeDegrees": place[:, 1],
            "AltitudeMeters": 30.5,
            "SpeedMps": 12.0,
            "AccuracyMeters": 0.1,
            "BearingDegrees": 45.0,
            "UnixTimeMillis": times,
        }
    )
    write_csv(truth, folder / "ground_truth.csv")
    position = earth_centred(place[:, 0], place[:, 1], 30.5) + rng.normal(0, NOISE, (len(times), 3))
    gnss = pd.DataFrame({"MessageType": "Raw", "utcTimeMillis": times, "Svid": 7, "Cn0DbHz": 40.2})
    for axis, values in zip("XYZ", position.T, strict=True):
        gnss[f"WlsPosition{axis}EcefMeters"] = values
    write_csv(gnss, folder / "device_gnss.csv")
    imu = {"MessageType": "UncalAccel", "utcTimeMillis": times, "elapsedRealtimeNanos": times * 10**6}
    readings = {f"Measurement{axis}": rng.normal(0, 1, len(times)).round(4) for axis in "XYZ"}
    write_csv(pd.DataFrame({**imu, **readings}), folder / "device_imu.csv")
    (folder / "supplemental/span_log.nmea").write_text("".join(map(_sentence, times, *place.T)))
    fix = f"Fix,GPS,{place[0, 0]:.6f},{place[0, 1]:.6f}"
    own = f"NMEA,{_sentence(times[0], *place[0].round(5)).strip()},{times[0]}"
    (folder / "supplemental/gnss_log.txt").write_text(f"# log\nRaw,{times[0]},7\n{fix}\n{own}\n")


def _sentence(time: int, latitude: float, longitude: float) -> str:
    """A place (north, west) as the reference receiver logs it: the clock, then degrees and minutes without a blank."""
    minutes, milliseconds = divmod(int(time) % 86_400_000, 60_000)
    clock = f"{minutes // 60:02d}{minutes % 60:02d}{milliseconds / 1000:06.3f}"
    north, west = (f"{int(a):0{digits}d}{a % 1 * 60:010.7f}" for a, digits in ((latitude, 2), (-longitude, 3)))
    return f"$GPGGA,{clock},{north},N,{west},W,4,12,0.6,30.5,M,-32.0,M,,\n"


def earth_centred(latitude: np.ndarray, longitude: np.ndarray, altitude: float) -> np.ndarray:
    """Degrees and metres above the WGS84 ellipsoid as earth-centred x, y, z in metres, shape (n, 3)."""
    import numpy as np

    phi, lam = np.deg2rad(latitude), np.deg2rad(longitude)
    flatness = 6.69437999014e-3  # first eccentricity squared
    radius = 6378137.0 / np.sqrt(1 - flatness * np.sin(phi) ** 2)
    x = (radius + altitude) * np.cos(phi) * np.cos(lam)
    y = (radius + altitude) * np.cos(phi) * np.sin(lam)
    return np.column_stack([x, y, ((1 - flatness) * radius + altitude) * np.sin(phi)])

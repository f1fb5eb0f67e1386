"""Directions and places."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlebench_inspect.graders.metrics import register

if TYPE_CHECKING:
    import pandas as pd


@register("mean_angular_error")
def mean_angular_error(answers: pd.DataFrame, submission: pd.DataFrame, *, azimuth: str, zenith: str) -> float:
    """Mean angle between true and predicted directions, in radians.

    Args:
        answers: Angles in radians.
        submission: Likewise; any finite numbers.
        azimuth: Column of the angles about the z axis.
        zenith: Column of the angles to the z axis.

    Returns:
        A number in [0, pi].
    """
    import numpy as np

    a1, z1, a2, z2 = (t[c].to_numpy(dtype=float) for t in (answers, submission) for c in (azimuth, zenith))
    sines = np.sin(z1) * np.sin(z2)
    cosine = sines * (np.cos(a1) * np.cos(a2) + np.sin(a1) * np.sin(a2)) + np.cos(z1) * np.cos(z2)
    return float(np.average(np.abs(np.arccos(cosine.clip(-1, 1)))))


@register("mean_p50_p95_haversine_distance")
def mean_p50_p95_haversine_distance(
    answers: pd.DataFrame, submission: pd.DataFrame, *, group: str, latitude: str, longitude: str
) -> float:
    """Mean over groups of half the sum of the median and the 95th percentile of the distances, in metres.

    Distances are those on a sphere of radius 6371 km (haversine formula); percentiles are interpolated linearly. Angles
    and their cosines are taken in the precision of their column.

    Args:
        answers: Degrees; the groups are taken from here.
        submission: Degrees; NaN if there is no prediction.
        group: Column of the answers with the group, for instance a trip.
        latitude: Column of the latitudes.
        longitude: Column of the longitudes.

    Returns:
        0 or more; NaN if a prediction is missing or a latitude is far out of range.
    """
    import numpy as np
    import pandas as pd

    lat_t, lng_t, lat_s, lng_s = (
        np.deg2rad(t[c].to_numpy()) for t in (answers, submission) for c in (latitude, longitude)
    )
    with np.errstate(invalid="ignore"):
        half = np.sin((lat_t - lat_s) / 2) ** 2
        half += np.cos(lat_s) * np.cos(lat_t) * np.sin((lng_t - lng_s) / 2) ** 2
        distance = 2 * 6_371_000 * np.arcsin(np.sqrt(half))
    trips = pd.Series(distance).groupby(answers[group].to_numpy(), sort=False)
    return float(np.mean([np.quantile(d, [0.5, 0.95]).mean() for _, d in trips]))

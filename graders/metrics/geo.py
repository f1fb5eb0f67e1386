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

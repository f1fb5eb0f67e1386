"""Numbers against numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlebench_inspect.graders.metrics import register

if TYPE_CHECKING:
    import pandas as pd


@register("mean_absolute_error")
def mean_absolute_error(answers: pd.DataFrame, submission: pd.DataFrame, *, target: str) -> float:
    """Mean of |prediction - truth| in the unit of the target."""
    from sklearn.metrics import mean_absolute_error as score

    return float(score(answers[target], submission[target]))


@register("root_mean_squared_error")
def root_mean_squared_error(answers: pd.DataFrame, submission: pd.DataFrame, *, target: str) -> float:
    """Square root of the mean squared difference, in the unit of the target."""
    from sklearn.metrics import root_mean_squared_error as score

    return float(score(answers[target], submission[target]))

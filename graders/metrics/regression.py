"""Numbers against numbers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from mlebench_inspect.graders.metrics import register

if TYPE_CHECKING:
    import pandas as pd


@register("mean_absolute_error")
def mean_absolute_error(answers: pd.DataFrame, submission: pd.DataFrame, *, target: str) -> float:
    """Mean of |prediction - truth| in the unit of the target; the difference of two integers is taken in 64 bits."""
    import numpy as np

    columns = (table[target] for table in (answers, submission))
    truth, given = (c.to_numpy() if c.dtype.kind in "iu" else c.to_numpy(dtype=float) for c in columns)
    return float(np.mean(np.abs(given - truth)))


@register("root_mean_squared_error")
def root_mean_squared_error(answers: pd.DataFrame, submission: pd.DataFrame, *, target: str) -> float:
    """Square root of the mean squared difference, in the unit of the target."""
    import numpy as np

    truth, given = (table[target].to_numpy(dtype=float) for table in (answers, submission))
    return float(np.sqrt(np.mean((truth - given) ** 2)))


@register("mean_column_wise_rmse")
def mean_column_wise_rmse(answers: pd.DataFrame, submission: pd.DataFrame, *, targets: Sequence[str]) -> float:
    """Unweighted mean over the columns `targets` of the root mean squared error of each."""
    return sum(root_mean_squared_error(answers, submission, target=t) for t in targets) / len(targets)


@register("mean_column_wise_rmsle")
def mean_column_wise_rmsle(answers: pd.DataFrame, submission: pd.DataFrame, *, targets: Sequence[str]) -> float:
    """Unweighted mean over the columns `targets` of sqrt(mean((ln(1 + p) - ln(1 + y))^2)); no value is negative.

    Each logarithm is taken in the precision of its column.
    """
    import numpy as np

    errors = (np.log1p(submission[t].to_numpy()) - np.log1p(answers[t].to_numpy()) for t in targets)
    return float(np.mean([np.sqrt(np.mean(np.square(e, dtype=float))) for e in errors]))


@register("pearson_correlation")
def pearson_correlation(answers: pd.DataFrame, submission: pd.DataFrame, *, target: str) -> float:
    """Pearson's r of prediction and truth, in [-1, 1]; NaN if a column is constant or not finite."""
    import numpy as np
    from scipy.stats import pearsonr

    x, y = (t[target].to_numpy(dtype=float) for t in (answers, submission))
    if not np.isfinite([x, y]).all() or (x == x[0]).all() or (y == y[0]).all():
        return float("nan")
    return float(pearsonr(x, y)[0])


@register("mean_log_mae_by_type")
def mean_log_mae_by_type(
    answers: pd.DataFrame, submission: pd.DataFrame, *, target: str, kind: str, floor: float = 0.0
) -> float:
    """Unweighted mean over types of ln(mean |prediction - truth|), in the logarithm of the target's unit.

    Args:
        answers: Numbers in the column `target`, the type of each row in the column `kind`.
        submission: Numbers in the column `target`.
        target: The column of numbers.
        kind: The column of types.
        floor: Smaller mean errors count as this one; with 0 a type without any error gives minus infinity.
    """
    import numpy as np

    errors = np.abs(answers[target].to_numpy(dtype=float) - submission[target].to_numpy(dtype=float))
    means = answers[[kind]].assign(error=errors).groupby(kind)["error"].mean().clip(lower=floor)
    with np.errstate(divide="ignore"):
        return float(np.log(means.to_numpy()).mean())


@register("modified_laplace_log_likelihood")
def modified_laplace_log_likelihood(
    answers: pd.DataFrame,
    submission: pd.DataFrame,
    *,
    target: str,
    confidence: str,
    largest_error: float = 1000,
    smallest_confidence: float = 70,
) -> float:
    """Mean of -sqrt(2) d / s - ln(sqrt(2) s), d the error cut off above, s the confidence cut off below.

    Args:
        answers: Numbers in the column `target`.
        submission: Numbers in the columns `target` and `confidence`, both in the target's unit.
        target: The column of values.
        confidence: The column of standard deviations.
        largest_error: Where errors are cut off.
        smallest_confidence: Smaller standard deviations count as this one.

    Returns:
        At most -ln(sqrt(2) smallest_confidence); NaN without rows.
    """
    import numpy as np

    error = np.abs(answers[target].to_numpy(dtype=float) - submission[target].to_numpy(dtype=float))
    d = np.minimum(error, largest_error)
    s = np.maximum(submission[confidence].to_numpy(dtype=float), smallest_confidence)
    return float(np.mean(-np.sqrt(2) * d / s - np.log(np.sqrt(2) * s))) if len(d) else float("nan")


@register("mean_column_wise_spearman")
def mean_column_wise_spearman(
    answers: pd.DataFrame, submission: pd.DataFrame, *, targets: Sequence[str], undefined: float = float("nan")
) -> float:
    """Unweighted mean over the columns `targets` of Spearman's rank correlation; ties get their mean rank.

    Args:
        answers: Numbers.
        submission: Numbers; a missing value makes the correlation of its column undefined.
        targets: The columns.
        undefined: Counts for a column without a correlation, such as one that is constant in either table.

    Returns:
        A number in [-1, 1].
    """
    import warnings

    import numpy as np
    from scipy.stats import ConstantInputWarning, spearmanr

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConstantInputWarning)
        values = np.array([spearmanr(submission[t].to_numpy(float), answers[t].to_numpy(float))[0] for t in targets])
    return float(np.where(np.isnan(values), undefined, values).mean())

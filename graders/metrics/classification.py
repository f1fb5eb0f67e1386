"""Class labels and class probabilities."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from mlebench_inspect.graders.metrics import register

if TYPE_CHECKING:
    import pandas as pd

FLOAT64_EPS = 2.220446049250313e-16


@register("accuracy")
def accuracy(answers: pd.DataFrame, submission: pd.DataFrame, *, target: str) -> float:
    """Share of rows in which the predicted label equals the true one, in [0, 1]."""
    return float((answers[target].to_numpy() == submission[target].to_numpy()).mean())


@register("multiclass_log_loss")
def multiclass_log_loss(
    answers: pd.DataFrame, submission: pd.DataFrame, *, targets: Sequence[str], eps: float = FLOAT64_EPS
) -> float:
    """Mean of -ln(p) over rows, p the probability given to the true class.

    Args:
        answers: 0/1 columns `targets`, one 1 per row.
        submission: Probabilities in the columns `targets`; they are not normalised here.
        targets: The class columns.
        eps: Probabilities are clipped to [eps, 1 - eps].

    Returns:
        The loss in nats, 0 or more.
    """
    import numpy as np

    truth = answers[list(targets)].to_numpy(dtype=float)
    p = submission[list(targets)].to_numpy(dtype=float).clip(eps, 1 - eps)
    return float(-np.mean((truth * np.log(p)).sum(axis=1)))


@register("roc_auc")
def roc_auc(answers: pd.DataFrame, submission: pd.DataFrame, *, target: str) -> float:
    """Area under the receiver operating characteristic, ties counted one half (scikit-learn's `roc_auc_score`)."""
    from sklearn.metrics import roc_auc_score

    return float(roc_auc_score(answers[target].to_numpy(), submission[target].to_numpy()))


@register("mean_column_wise_roc_auc")
def mean_column_wise_roc_auc(answers: pd.DataFrame, submission: pd.DataFrame, *, targets: Sequence[str]) -> float:
    """Unweighted mean over the columns `targets` of the area under the ROC curve of each."""
    return sum(roc_auc(answers, submission, target=t) for t in targets) / len(targets)

"""Class labels and class probabilities."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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


@register("binary_log_loss")
@register("log_loss")
def binary_log_loss(answers: pd.DataFrame, submission: pd.DataFrame, *, target: str, eps: float = FLOAT64_EPS) -> float:
    """Mean of -(y ln p + (1 - y) ln(1 - p)) in nats, y in {0, 1}; p and 1 - p are clipped to [eps, 1 - eps]."""
    import numpy as np

    y = answers[target].to_numpy(dtype=float)
    p = submission[target].to_numpy(dtype=float)
    positive, negative = p.clip(eps, 1 - eps), (1 - p).clip(eps, 1 - eps)
    return float(-np.mean(y * np.log(positive) + (1 - y) * np.log(negative)))


@register("quadratic_weighted_kappa")
def quadratic_weighted_kappa(
    answers: pd.DataFrame, submission: pd.DataFrame, *, target: str, labels: Sequence[int] | None = None
) -> float:
    """Cohen's kappa with weights (i - j)^2, i and j the positions of two grades in `labels`.

    Args:
        answers: Whole numbers in the column `target`.
        submission: Likewise.
        target: The grades' column.
        labels: The scale. None: the grades that occur in either table, so that gaps in the scale close.

    Returns:
        At most 1; NaN where both tables hold one and the same grade alone.
    """
    from sklearn.metrics import cohen_kappa_score

    given, truth = submission[target].to_numpy(), answers[target].to_numpy()
    return float(cohen_kappa_score(given, truth, labels=labels, weights="quadratic"))


@register("micro_f1")
def micro_f1(
    answers: pd.DataFrame, submission: pd.DataFrame, *, target: str, split: bool = False, known_only: bool = False
) -> float:
    """2 TP / (2 TP + FP + FN), the counts pooled over all pairs of row and label.

    Args:
        answers: Text in the column `target`.
        submission: Likewise, without missing values.
        target: The labels' column.
        split: Whether a cell lists labels separated by white space (repeated ones count once), or is one label.
        known_only: Whether predicted labels that the answers never use are dropped instead of counted as wrong.

    Returns:
        A number in [0, 1]; 0 when neither table holds a label.
    """
    truth, given = answers[target].to_numpy(), submission[target].to_numpy()
    if not split:
        right = int((truth == given).sum())
        counted = int(submission[target].isin(truth).sum()) if known_only else len(given)
        return 2 * right / (len(truth) + counted) if len(truth) else 0.0
    known = {label for cell in truth for label in cell.split()}
    right = pairs = 0
    for true_cell, given_cell in zip(truth, given, strict=True):
        true_labels, labels = set(true_cell.split()), set(given_cell.split())
        if known_only:
            labels &= known
        right += len(true_labels & labels)
        pairs += len(true_labels) + len(labels)
    return 2 * right / pairs if pairs else 0.0


@register("roc_auc")
def roc_auc(answers: pd.DataFrame, submission: pd.DataFrame, *, target: str) -> float:
    """Area under the receiver operating characteristic, ties counted one half (scikit-learn's `roc_auc_score`)."""
    from sklearn.metrics import roc_auc_score

    return float(roc_auc_score(answers[target].to_numpy(), submission[target].to_numpy()))


@register("roc_auc_micro")
def roc_auc_micro(answers: pd.DataFrame, submission: pd.DataFrame, *, target: str) -> float:
    """Area under the ROC curve over all (item, label) pairs in one pool; the tables hold one pair a row."""
    return roc_auc(answers, submission, target=target)


@register("mean_column_wise_roc_auc")
@register("mean_column_roc_auc")
def mean_column_wise_roc_auc(answers: pd.DataFrame, submission: pd.DataFrame, *, targets: Sequence[str]) -> float:
    """Unweighted mean over the columns `targets` of the area under the ROC curve of each."""
    return sum(roc_auc(answers, submission, target=t) for t in targets) / len(targets)


@register("probabilistic_f1")
def probabilistic_f1(answers: pd.DataFrame, submission: pd.DataFrame, *, target: str) -> float:
    """F1 score whose counts are sums of probabilities (Yacouby and Axman, 2020).

    Args:
        answers: 0/1 in the column `target`.
        submission: Probabilities; they are clipped to [0, 1]. Not all below 0.
        target: The column.

    Returns:
        A number in [0, 1]; 0 if precision or recall is 0 or not a number.
    """
    import numpy as np

    y = answers[target].to_numpy(dtype=float)
    p = submission[target].to_numpy(dtype=float).clip(0, 1)
    found = p[y == 1].sum()
    with np.errstate(invalid="ignore"):
        precision, recall = found / p.sum(), found / y.sum()
    return float(2 * precision * recall / (precision + recall)) if precision > 0 and recall > 0 else 0.0


@register("top_1_error")
def top_1_error(answers: pd.DataFrame, submission: pd.DataFrame, *, target: str) -> float:
    """Share of rows in which the predicted label differs from the true one, in [0, 1]; lower is better."""
    return 1 - accuracy(answers, submission, target=target)


@register("macro_f1")
def macro_f1(answers: pd.DataFrame, submission: pd.DataFrame, *, target: str) -> float:
    """Unweighted mean over classes of 2 TP / (2 TP + FP + FN) (scikit-learn's `f1_score`).

    Args:
        answers: Labels in the column `target`.
        submission: Labels of the same type.
        target: The labels' column.

    Returns:
        A number in [0, 1]. The mean runs over the classes that occur in either table, so that a class that is
        predicted but never true counts as 0.
    """
    from sklearn.metrics import f1_score

    return float(
        f1_score(answers[target].to_numpy(), submission[target].to_numpy(), average="macro", zero_division=0.0)
    )


@register("weighted_roc_auc")
def weighted_roc_auc(
    answers: pd.DataFrame,
    submission: pd.DataFrame,
    *,
    target: str,
    limits: Sequence[float] = (0.0, 0.4, 1.0),
    weights: Sequence[float] = (2, 1),
) -> float:
    """Area under the ROC curve, cut into horizontal slices that count by weight (ALASKA2's measure).

    Args:
        answers: 0/1 in the column `target`, both of which occur.
        submission: Finite scores, larger where a 1 is more likely.
        target: The column.
        limits: True-positive rates at which the slices meet; the curve is interpolated linearly there.
        weights: One for each slice.

    Returns:
        The weighted area divided by its largest value: 1 for a perfect order, 0 for the inverted one.
    """
    import numpy as np
    from sklearn.metrics import auc, roc_curve

    truth, given = answers[target].to_numpy(dtype=float), submission[target].to_numpy(dtype=float)
    fpr, tpr, _ = roc_curve(truth, given, pos_label=1)
    for limit in limits:
        if limit not in tpr:
            i = int(np.argmax(tpr > limit))
            crossing = fpr[i - 1] + (fpr[i] - fpr[i - 1]) * (limit - tpr[i - 1]) / (tpr[i] - tpr[i - 1])
            fpr, tpr = np.insert(fpr, i, crossing), np.insert(tpr, i, limit)
    area = 0.0
    for low, high, weight in zip(limits[:-1], limits[1:], weights, strict=True):
        inside = (low <= tpr) & (tpr <= high)
        area += weight * float(auc(np.append(fpr[inside], 1.0), np.append(tpr[inside], high) - low))
    return area / float(np.dot(np.diff(limits), weights))


@register("kl_divergence")
def kl_divergence(
    answers: pd.DataFrame,
    submission: pd.DataFrame,
    *,
    targets: Sequence[str],
    eps: float = 1e-15,
    clip_integers: bool = True,
) -> float:
    """Mean over rows of the Kullback-Leibler divergence, sum of p ln(p / q) over the classes, in nats.

    Args:
        answers: Shares p in the columns `targets`; classes with p = 0 contribute nothing.
        submission: Predicted shares q; a missing one contributes nothing.
        targets: The class columns.
        eps: q is clipped to [eps, 1 - eps]; rows are not normalised.
        clip_integers: Whether columns of an integer type are clipped too. If not, a 0 where p is not 0 makes the mean
            infinite.
    """
    import numpy as np

    p = answers[list(targets)].to_numpy(dtype=float)
    q = submission[list(targets)].to_numpy(dtype=float)
    clipped = np.array([clip_integers or submission[t].dtype.kind not in "iu" for t in targets])
    q[:, clipped] = q[:, clipped].clip(eps, 1 - eps)
    with np.errstate(divide="ignore", invalid="ignore"):
        terms = np.where(p == 0, 0, p * np.log(p / q))
    return float(np.nansum(terms, axis=1).mean())


@register("weighted_multilabel_log_loss")
def weighted_multilabel_log_loss(
    answers: pd.DataFrame,
    submission: pd.DataFrame,
    *,
    target: str,
    group: str,
    label: str,
    weights: Mapping[str, tuple[float, float]],
    weight: tuple[float, float],
    eps: float = 1e-15,
) -> float:
    """Mean over groups of the weighted mean of -ln(p), p the probability given to what is true.

    Args:
        answers: One row per group and label, with 0/1 in `target`.
        submission: Probabilities of 1 in `target`.
        target: Column of truths and probabilities.
        group: Column of the answers with the group, for instance a patient.
        label: Column of the answers with the label's name.
        weights: By label, the weights of a row whose truth is 0 and 1.
        weight: The weights of all other labels.
        eps: Probabilities are clipped to [eps, 1 - eps].

    Returns:
        The loss in nats, 0 or more.
    """
    import numpy as np
    import pandas as pd

    truth = answers[target].to_numpy(dtype=float)
    p = submission[target].to_numpy(dtype=float).clip(eps, 1 - eps)
    loss = -(truth * np.log(p) + (1 - truth) * np.log(1 - p))
    pairs = np.array([weights.get(name, weight) for name in answers[label]], dtype=float)
    row_weight = np.where(truth == 1, pairs[:, 1], pairs[:, 0])
    groups, _ = pd.factorize(answers[group])
    return float((np.bincount(groups, row_weight * loss) / np.bincount(groups, row_weight)).mean())


@register("matthews_correlation_coefficient")
def matthews_correlation_coefficient(answers: pd.DataFrame, submission: pd.DataFrame, *, target: str) -> float:
    """Matthews' correlation of two labellings with any number of classes (Gorodkin, 2004).

    With n rows of which c are right, and t and p the numbers of rows per class in either table,
    (c n - t.p) / sqrt((n^2 - t.t) (n^2 - p.p)); for two classes the well-known formula. It is computed from the counts,
    as a confusion matrix grows with the square of the number of classes that a submission uses.

    Returns:
        A number in [-1, 1]; 0 if either table holds one class alone.
    """
    truth, given = answers[target].reset_index(drop=True), submission[target].reset_index(drop=True)
    n, right = len(truth), int((truth == given).sum())
    t, p = ({k: int(v) for k, v in labels.value_counts().items()} for labels in (truth, given))
    spread = (n * n - sum(v * v for v in t.values())) * (n * n - sum(v * v for v in p.values()))
    return float((right * n - sum(v * p.get(k, 0) for k, v in t.items())) / spread**0.5) if spread else 0.0

"""What a submission is worth: reading it, checking it, its metric, its medal.

Pure functions without Inspect, Docker or Kaggle, so that they serve in a notebook as well:

    from mlebench_inspect.graders import metric
    metric("quadratic_weighted_kappa")(answers, submission, target="score")

pandas, NumPy and scikit-learn are imported where they are used, never when this package is.
"""

from mlebench_inspect.graders.leaderboard import MedalTier, Standing, Thresholds, medal_tier, percentile, standing
from mlebench_inspect.graders.metrics import metric, metric_names
from mlebench_inspect.graders.report import CheckReport, GradingReport
from mlebench_inspect.graders.submission import InvalidSubmission, Revision

__all__ = [
    "CheckReport",
    "GradingReport",
    "InvalidSubmission",
    "MedalTier",
    "Revision",
    "Standing",
    "Thresholds",
    "medal_tier",
    "metric",
    "metric_names",
    "percentile",
    "standing",
]

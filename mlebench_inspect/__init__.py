"""MLE-bench for Inspect: 75 Kaggle competitions as Inspect tasks, graded in medals.

from mlebench_inspect import competition, competitions
report = competition("spaceship-titanic").grade("submission.csv", "prepared/private")
"""

from pathlib import Path as _Path

_root = _Path(__file__).resolve().parent.parent
if not (_Path(__file__).parent / "tasks").is_dir() and (_root / "tasks" / "__init__.py").is_file():
    __path__.append(str(_root))  # running from a source checkout, where tasks/ and the others lie beside this folder

from mlebench_inspect.graders import GradingReport  # noqa: E402
from mlebench_inspect.tasks import Competition, competition, competitions  # noqa: E402

__all__ = ["Competition", "GradingReport", "competition", "competitions"]
__version__ = "0.1.0"

"""MLE-bench for Inspect: 75 Kaggle competitions as Inspect tasks, graded in medals.

from mlebench_inspect import competition, competitions
report = competition("spaceship-titanic").grade("submission.csv", "prepared/private")
"""

from __future__ import annotations

from pathlib import Path as _Path
from typing import TYPE_CHECKING, Any

_root = _Path(__file__).resolve().parent.parent
if not (_Path(__file__).parent / "tasks").is_dir() and (_root / "tasks" / "__init__.py").is_file():
    __path__.append(str(_root))  # running from a source checkout, where tasks/ and the others lie beside this folder

from mlebench_inspect.graders import GradingReport  # noqa: E402
from mlebench_inspect.tasks import Competition, competition, competitions  # noqa: E402

if TYPE_CHECKING:
    from mlebench_inspect.benchmark import (
        all_competitions,
        dev,
        high,
        lite,
        low,
        medium,
        mle_bench_30,
        own_competitions,
    )

__all__ = [
    "Competition",
    "GradingReport",
    "all_competitions",
    "competition",
    "competitions",
    "dev",
    "high",
    "lite",
    "low",
    "medium",
    "mle_bench_30",
    "own_competitions",
]
__version__ = "0.1.0"


def __getattr__(name: str) -> Any:
    """The tasks, once they are asked for: they load Inspect, which a notebook that grades does not need."""
    if name in __all__:
        from mlebench_inspect import benchmark

        return getattr(benchmark, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")

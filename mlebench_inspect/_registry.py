"""What Inspect's entry point loads. No side effects, and nothing heavy is imported."""

from mlebench_inspect.agents import baseline, dummy, react
from mlebench_inspect.benchmark import TASKS
from mlebench_inspect.scorer import mlebench_scorer

__all__ = ["TASKS", "baseline", "dummy", "mlebench_scorer", "react"]

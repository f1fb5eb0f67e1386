"""What Inspect's entry point loads. No side effects, and nothing heavy is imported."""

from mlebench_inspect.agents import aide, baseline, dummy, mini_swe_agent, mlab, openhands, react
from mlebench_inspect.benchmark import TASKS
from mlebench_inspect.run.scoring import mlebench_faults, mlebench_scorer

__all__ = [
    "TASKS",
    "aide",
    "baseline",
    "dummy",
    "mini_swe_agent",
    "mlab",
    "mlebench_faults",
    "mlebench_scorer",
    "openhands",
    "react",
]

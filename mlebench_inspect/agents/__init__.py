"""Agents (scaffolds): give one with `--solver mlebench_inspect/<name>`."""

from mlebench_inspect.agents.baseline import baseline, dummy
from mlebench_inspect.agents.react import react

__all__ = ["baseline", "dummy", "react"]

"""Macro-averaged F1 over the species."""

from mlebench_inspect.tasks._herbarium import checked_herbarium as checked
from mlebench_inspect.tasks._herbarium import grade_herbarium as grade

__all__ = ["checked", "grade"]

"""The names of the scanners in Inspect's register. Scout, which is heavy, is loaded when one of them is asked for."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from mlebench_inspect._inspect import register_scanner
from mlebench_inspect.violations.questions import QUESTIONS, Question

CONFIG = Path(__file__).with_name("scanners.yaml")
"""All scanners, for `inspect eval --scanner` and `scout scan`."""


def register_scanners() -> None:
    """Makes `mlebench_inspect/<question>` known."""
    for question in QUESTIONS:
        register_scanner(question, _builder(question))


def _builder(question: Question) -> Callable[..., Any]:
    def build(**options: Any) -> Any:
        from mlebench_inspect.violations.scanners import SCANNERS

        return SCANNERS[question](**options)

    build.__name__ = question
    return build

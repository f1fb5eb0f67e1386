"""Metrics by the field's names, one module per family.

A metric is a function

    f(answers: DataFrame, submission: DataFrame, *, <columns and options>) -> float

over two tables whose rows belong together (see `graders.submission.aligned`). It is registered with
`@register("name")`. Every module of this folder is found by itself: a new family is a new file.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable
from functools import cache
from typing import Any, TypeVar

Metric = Callable[..., float]
_METRICS: dict[str, Metric] = {}
F = TypeVar("F", bound=Callable[..., Any])


def register(name: str) -> Callable[[F], F]:
    """Makes a function known as the metric `name`."""

    def decorate(function: F) -> F:
        if _METRICS.setdefault(name, function) is not function:
            raise ValueError(f"two metrics are named {name!r}")
        return function

    return decorate


@cache
def _load_families() -> None:
    for module in pkgutil.iter_modules(__path__):
        importlib.import_module(f"{__name__}.{module.name}")


def metric(name: str) -> Metric:
    """The metric of that name.

    Raises:
        KeyError: No metric has that name; the message lists all names.
    """
    _load_families()
    try:
        return _METRICS[name]
    except KeyError:
        raise KeyError(f"no metric is named {name!r}; there are: {', '.join(sorted(_METRICS))}") from None


def metric_names() -> list[str]:
    """All registered names, sorted."""
    _load_families()
    return sorted(_METRICS)

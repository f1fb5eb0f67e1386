"""What a long run will take, said before it begins."""

from __future__ import annotations

import math

from mlebench_inspect._inspect import CommandLine
from mlebench_inspect.run.instructions import duration
from mlebench_inspect.sandboxes.compose import SandboxSettings

LONG = 2 * 3600
"""Seconds of the longest course of a run from which on it is worth a word."""


def estimate(
    competitions: int, typed: CommandLine, settings: SandboxSettings, at_once: int, time_limit: float
) -> str | None:
    """One line: samples, how many run at once, the longest course, and disk; None for a short run.

    Args:
        competitions: How many will run.
        typed: What was typed: seeds, limits.
        settings: Of a sample's sandbox.
        at_once: How many samples run at once.
        time_limit: Seconds of each sample, unless one was typed.
    """
    limit = float(typed.time_limit or time_limit)
    samples = competitions * typed.epochs
    at_once = min(samples, at_once)
    if not at_once or (longest := math.ceil(samples / at_once) * limit) < LONG:
        return None
    return (
        f"{_counted(samples, 'sample')} ({_counted(competitions, 'competition')} x {_counted(typed.epochs, 'seed')}) "
        f"of at most {duration(limit)}, {at_once} at once: at most {_days(longest)} in all, "
        f"with up to {at_once} x {settings.max_disk} of disk for sandboxes"
    )


def _counted(number: int, what: str) -> str:
    return f"{number:,} {what}{'s' * (number != 1)}"


def _days(seconds: float) -> str:
    return duration(seconds) if seconds < 2 * 86400 else f"{math.ceil(seconds / 86400)} days"

"""What a long run will take, said before it begins."""

from __future__ import annotations

import math
import os

from mlebench_inspect._inspect import CommandLine
from mlebench_inspect.run.instructions import duration
from mlebench_inspect.sandboxes.compose import SandboxSettings, size_in_bytes
from mlebench_inspect.sandboxes.engine import Machine

LONG = 2 * 3600
"""Seconds of the longest course of a run from which on it is worth a word."""
CONNECTIONS = 10
"""Samples that Inspect runs at once where nothing is said."""


def estimate(
    competitions: int, typed: CommandLine, settings: SandboxSettings, has: Machine, time_limit: float
) -> str | None:
    """One line: samples, how many run at once, the longest course, memory and disk; None for a short run.

    Args:
        competitions: How many will run.
        typed: What was typed: seeds, limits, how many at once.
        settings: Of a sample's sandbox.
        has: The machine that samples run on.
        time_limit: Seconds of each sample, unless one was typed.
    """
    limit = float(typed.time_limit or time_limit)
    samples = competitions * typed.epochs
    at_once = min(samples, typed.max_samples or CONNECTIONS, typed.max_sandboxes or 2 * (os.cpu_count() or 1))
    if not at_once or (longest := math.ceil(samples / at_once) * limit) < LONG:
        return None
    text = (
        f"{_counted(samples, 'sample')} ({_counted(competitions, 'competition')} x {_counted(typed.epochs, 'seed')}) "
        f"of at most {duration(limit)}, {at_once} at once: at most {_days(longest)} in all, "
        f"with up to {at_once} x {settings.max_disk} of disk for sandboxes"
    )
    return text + _crowding(at_once, settings, has)


def _counted(number: int, what: str) -> str:
    return f"{number:,} {what}{'s' * (number != 1)}"


def _days(seconds: float) -> str:
    return duration(seconds) if seconds < 2 * 86400 else f"{math.ceil(seconds / 86400)} days"


def _crowding(at_once: int, settings: SandboxSettings, has: Machine) -> str:
    """How many samples the machine has memory for, where that is fewer than run at once."""
    fit = has.memory // size_in_bytes(settings.memory) if settings.memory else at_once
    if fit >= at_once:
        return ""
    return (
        f"; memory suffices for {max(1, fit)} of {settings.memory} at once: give -T memory=..., "
        f"or --max-samples {max(1, fit)}"
    )

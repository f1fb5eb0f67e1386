"""How many samples run at once on Docker's engine, and what each gets of it: together never more than it has."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from mlebench_inspect._inspect import CommandLine
from mlebench_inspect.graders.errors import MlebenchError
from mlebench_inspect.sandboxes.compose import SandboxSettings, docker_config, size_in_bytes
from mlebench_inspect.sandboxes.engine import Machine

USUAL = 10
"""Samples at once where nothing is said and the engine has room for all of them."""
GIB = 2**30


class Part(NamedTuple):
    """Of an engine's CPUs and memory (bytes)."""

    cpus: float
    memory: int


LEAST = {"lite": Part(0.5, GIB), "default": Part(4, 8 * GIB), "paper": Part(4, 8 * GIB)}
"""What each sample is left, by preset, before fewer run at once by themselves."""
LEAST_ON_MINIATURES = LEAST["lite"]
"""Whatever the preset: they are a few hundred rows, to try things with."""
SMALLEST = Part(0.1, GIB // 4)
"""With less, nothing of a run works any more."""


class TooMany(MlebenchError, RuntimeError):
    """The samples that are to run at once would have more than there is. One line with the mend."""


class Division(NamedTuple):
    """What runs at once."""

    at_once: int
    settings: SandboxSettings
    """Of each sample."""
    limited: str = ""
    """Why not all run at once although nobody said so, with the mend; empty where they do, or somebody did."""


def share_out(
    least: Part,
    settings: Callable[[Machine], SandboxSettings],
    has: Machine,
    competitions: int,
    typed: CommandLine,
    *,
    at_once: int | None = None,
    gpus_suffice: int | None = None,
) -> Division:
    """Divides an engine among the samples that run at once.

    Args:
        least: What each is left before fewer run at once by themselves.
        settings: Of a sample that has a machine to itself, to which its share is given.
        has: The engine.
        competitions: How many will run.
        typed: What was typed: seeds, how many at once.
        at_once: How many share the engine, if that was said outright.
        gpus_suffice: How many samples there are GPUs for; None where they want none.

    Raises:
        TooMany: So many samples were asked for that they would have more than the engine has, or next to nothing.
    """
    asked = at_once or _asked(competitions, typed)
    most = asked or _samples(competitions, typed)
    bound = min(most, gpus_suffice or most, *([] if asked else [USUAL]))

    def fits(number: int, lowest: Part) -> bool:
        alone, each = _part(settings(has)), _part(settings(has.share(number)))
        together = Part(number * each.cpus, number * each.memory)
        enough = all(e >= min(low, a) for e, low, a in zip(each, lowest, alone, strict=True))
        return enough and together.cpus <= has.cpus + 1e-6 and together.memory <= has.memory

    def largest(lowest: Part) -> int:
        return next((n for n in range(bound, 1, -1) if fits(n, lowest)), 1)

    if not asked:
        bound = largest(least)
    elif has.is_engine and bound > 1 and not fits(bound, SMALLEST):
        each = settings(has.share(bound)).summary()
        raise TooMany(
            f"{bound} samples at once with {each} each do not fit the Docker engine ({has.cpus:g} CPUs, "
            f"{has.memory / GIB:.1f} GiB); give --max-samples {largest(SMALLEST)}, or less to each by -T cpus, memory"
        )
    limited = ""
    if bound < most and bound == gpus_suffice:
        limited = "there are GPUs for no more"
    elif bound < most:
        limited = "for more, with less for each: --max-samples N" if fits(bound + 1, SMALLEST) else "no more have room"
    return Division(bound, settings(has.share(bound)), limited)


def undivided(settings: SandboxSettings, competitions: int, typed: CommandLine) -> Division:
    """Where each sample gets what it asks for, whoever else runs.

    Args:
        settings: Of a sample's sandbox.
        competitions: How many will run.
        typed: What was typed: seeds, how many at once.
    """
    return Division(_asked(competitions, typed) or min(USUAL, _samples(competitions, typed)), settings)


def words(share: Division, has: Machine) -> str | None:
    """The division in one line; None where one sample runs and has the engine to itself."""
    if share.at_once == 1 and not share.limited:
        return None
    told = f"{share.at_once} sample{'s' * (share.at_once > 1)} at once, each with {share.settings.summary()}"
    more = f"; {share.limited}" if share.limited else ""
    return f"{told} (the Docker engine has {has.cpus:g} CPUs, {has.memory / GIB:.1f} GiB){more}"


def _samples(competitions: int, typed: CommandLine) -> int:
    """How many samples there are for Inspect to run at once."""
    return max(1, competitions * typed.epochs * typed.tasks_at_once)


def _asked(competitions: int, typed: CommandLine) -> int | None:
    """How many samples run at once where something was typed that decides it."""
    of_a_task = typed.max_samples or typed.max_connections
    limits = [of_a_task * typed.tasks_at_once] if of_a_task else []
    limits += [typed.max_sandboxes] if typed.max_sandboxes else []
    return min(_samples(competitions, typed), *limits) if limits else None


def _part(settings: SandboxSettings) -> Part:
    """What all containers of a sample may have together; 0 of what is not limited."""
    services = docker_config(settings, Path("/")).services.values()
    return Part(
        math.fsum(s.cpus or 0 for s in services), sum(size_in_bytes(str(s.mem_limit)) for s in services if s.mem_limit)
    )

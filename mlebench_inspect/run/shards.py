"""A run that is a part of a whole, such as one host's: its log says which part, and what the whole is."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from typing import Annotated, Any, NamedTuple

from inspect_ai.log import EvalSpec
from pydantic import AfterValidator

from mlebench_inspect._inspect import command_line
from mlebench_inspect.options import Form
from mlebench_inspect.run.preflight import PreflightError

SHARD = "[0-9]{1,6}/[0-9]{1,6}"
"""What a part's name looks like: its number and how many there are."""


def _shard(value: str) -> str:
    if not re.fullmatch(SHARD, value):
        raise ValueError
    number, of = map(int, value.split("/"))
    if not 1 <= number <= of:
        raise ValueError
    return f"{number}/{of}"


ShardOf = Annotated[str, AfterValidator(_shard), Form("the number of a part and how many there are, such as 2/8")]


def check_shard(shard: str | None) -> None:
    """Refuses a run that is said to be a part of the whole and is typed without the part's competitions.

    Args:
        shard: Its number and how many there are.

    Raises:
        PreflightError: Naming the command that prints them.
    """
    typed = command_line()
    if shard is not None and typed.command in ("eval", "eval-set") and typed.sample_id is None:
        number, _, hosts = shard.partition("/")
        raise PreflightError(
            f"-T shard={shard} needs --sample-id with the competitions of this part; they are printed by: "
            f"mlebench-inspect shards --split SPLIT --hosts {hosts} --only {number}"
        )


def part_of(shard: str | None, competitions: Sequence[str]) -> dict[str, Any]:
    """What the metadata of a task says of a run that is one of several parts; nothing for one that stands alone.

    Args:
        shard: Its number and how many there are.
        competitions: Those of all parts together.
    """
    return {} if shard is None else {"shard": shard, "whole": list(competitions)}


class Part(NamedTuple):
    """Which part of a whole a run is; empty for a run that stands alone."""

    shard: str = ""
    """Its number and how many there are."""
    whole: tuple[str, ...] = ()
    """The competitions of all parts together, in alphabetical order."""

    @classmethod
    def of(cls, spec: EvalSpec) -> Part:
        """What a log's header says."""
        about = spec.metadata or {}
        shard, whole = about.get("shard"), about.get("whole")
        if not isinstance(shard, str) or not re.fullmatch(SHARD, shard) or not isinstance(whole, list):
            return cls()
        return cls(shard, tuple(sorted({str(i) for i in whole})))

    @property
    def group(self) -> str:
        """Names the whole; empty for a run that stands alone."""
        return f"whole-{hashlib.sha256(','.join(self.whole).encode()).hexdigest()[:16]}" if self.whole else ""

"""How much memory and time a grading and a check may take: a function of the files and of this host.

Memory is what the process may allocate (its data), so neither libraries nor mapped files count. A grading gets what a
submission of that size can honestly need, and no more than its share of this host; a check gets a small share.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import NamedTuple

GIB = 1 << 30
BASE_BYTES = 3 * GIB
BYTES_PER_BYTE = 1.5
"""Of the submission. 2 GiB, the largest that is read, are graded or refused with three times their size."""
BYTES_PER_BYTE_OF_ANSWERS = 3.0
BASE_SECONDS = 600.0
SECONDS_PER_MIB = 0.5
"""Of processor time. No grading of real size takes a tenth of this (`benchmarks/grading.py`)."""
PATIENCE = 4
"""By so much a grading may be slower than its processor time where the host is busy."""

_RESERVED = 0.25
_CHECKS = 0.2
_GRADING, _CHECK = 8 * GIB, 3 * GIB


class Limits(NamedTuple):
    """What one process may take."""

    memory: int
    """Bytes that it may allocate."""
    seconds: float
    """Processor time."""
    cut: bool = False
    """Whether the memory is less than a submission of that size may need, because this host has no more."""


def host_memory() -> int:
    """Bytes of memory that this process can have: the machine's, or its control group's where that allows less."""
    machine = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return min([machine, *_group_limits()])


def _group_limits(root: Path = Path("/sys/fs/cgroup"), of: Path = Path("/proc/self/cgroup")) -> list[int]:
    """The limits on memory of this process's control group and of those around it (both versions of Linux's)."""
    try:
        lines = [line.split(":", 2) for line in of.read_text(encoding="utf-8").splitlines()]
    except OSError:
        return []
    found = []
    for _, controllers, group in lines:
        if not controllers:
            base, name = root, "memory.max"
        elif "memory" in controllers.split(","):
            base, name = root / "memory", "memory.limit_in_bytes"
        else:
            continue
        here = base / group.strip("/")
        for folder in (here, *here.parents):
            if folder.is_relative_to(base):
                found += _number(folder / name)
    return found


def _number(file: Path) -> list[int]:
    try:
        text = file.read_text(encoding="utf-8").strip()
    except OSError:
        return []
    return [int(text)] if text.isdigit() else []  # "max" is none


def slots(share: float, each: int) -> int:
    """How many processes go on at once in that share of the memory, of at least `each` bytes if it has so many."""
    return max(1, min((os.cpu_count() or 1) // 2, int(share // each)))


_USABLE = host_memory() * (1 - _RESERVED)
GRADING_SLOTS = slots(_USABLE * (1 - _CHECKS), _GRADING)
CHECK_SLOTS = slots(_USABLE * _CHECKS, _CHECK)


def of_grading(submission: int, answers: int) -> Limits:
    """The limits of a final grading.

    Args:
        submission: Bytes of the file.
        answers: Bytes of the answers.
    """
    wanted = int(BASE_BYTES + BYTES_PER_BYTE * submission + BYTES_PER_BYTE_OF_ANSWERS * answers)
    share = int(_USABLE * (1 - _CHECKS) / GRADING_SLOTS)
    return Limits(min(wanted, share), BASE_SECONDS + SECONDS_PER_MIB * (submission + answers) / 2**20, wanted > share)


def of_check(seconds: float) -> Limits:
    """The limits of a check, whatever is checked.

    Args:
        seconds: Until it is no longer waited for.
    """
    return Limits(min(_CHECK, int(_USABLE * _CHECKS / CHECK_SLOTS)), seconds)

"""The process that grades or checks one submission: reads a request from stdin, prints the report.

A request holds what `Competition.grade` or, where it names the public folder, `Competition.check` wants.
"""

from __future__ import annotations

import json
import sys

from mlebench_inspect.tasks import GradingError, competition

FAULT, NO_MEMORY = 3, 4
"""Exit codes: a fault of ours, whose reason is printed; too little memory."""


def main() -> int:
    """Returns the exit code."""
    request = json.load(sys.stdin)
    _limit_memory(request.pop("memory"))
    found = competition(request.pop("competition"))
    try:
        report = found.check(**request) if "public" in request else found.grade(**request)
    except MemoryError:
        return NO_MEMORY
    except GradingError as ex:
        print(ex)
        return FAULT
    print(report.model_dump_json())
    return 0


def _limit_memory(size: int) -> None:
    """Bounds the address space; without a limit where the system knows none (macOS)."""
    import resource

    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    try:
        resource.setrlimit(resource.RLIMIT_AS, (size if hard == resource.RLIM_INFINITY else min(size, hard), hard))
    except (ValueError, OSError) as ex:
        print(f"no limit on memory: {ex}", file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())

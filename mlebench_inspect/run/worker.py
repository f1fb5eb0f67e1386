"""The process that grades one submission: reads a request from stdin, prints the report."""

from __future__ import annotations

import json
import sys

from mlebench_inspect.tasks import GradingError, competition

FAULT, NO_MEMORY = 3, 4
"""Exit codes: a fault of ours, whose reason is printed; too little memory."""


def main() -> int:
    """Returns the exit code."""
    request = json.load(sys.stdin)
    _limit_memory(request["memory"])
    try:
        report = competition(request["competition"]).grade(
            request["submission"],
            request["private"],
            request["revision"],
            data=request["data"],
            max_bytes=request["max_bytes"],
        )
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

"""The process that grades or checks one submission: reads a request from stdin, writes the report to stdout.

Nothing else is written there: what a grader prints, warnings too, goes nowhere, since it may quote answers.

A request holds what `Competition.grade` or, where it names the public folder, `Competition.check` wants, and the folder
of a competition that is not of this package.
"""

from __future__ import annotations

import json
import math
import os
import sys

from mlebench_inspect.graders.errors import without_words
from mlebench_inspect.tasks import GradingError, competition, own

FAULT, NO_MEMORY = 3, 4
"""Exit codes: a fault of ours, whose reason is printed; too little memory."""


ENVIRONMENT = {
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "JE_ARROW_MALLOC_CONF": "background_thread:false",
    "MALLOC_ARENA_MAX": "2",
}
"""What the process is started with: one thread. Many would each hold memory, and take processor time from other
samples; and a process with several is not safely forked.
"""


def main() -> int:
    """Returns the exit code."""
    request = json.load(sys.stdin)
    _limit(request.pop("memory"), request.pop("seconds"))
    if folder := request.pop("folder", None):
        own.add(folder)
    found = competition(request.pop("competition"))
    with os.fdopen(os.dup(1), "w", encoding="utf-8") as answer, open(os.devnull, "w", encoding="utf-8") as nowhere:
        for descriptor in (1, 2):
            os.dup2(nowhere.fileno(), descriptor)
        try:
            report = found.check(**request) if "public" in request else found.grade(**request)
        except MemoryError:
            return NO_MEMORY
        except GradingError as ex:
            answer.write(str(ex))
            return FAULT
        except BaseException as ex:  # a traceback would quote it, answers and all, and end up in the log
            answer.write(f"{found.id}: grading fails: {without_words(ex)}")
            return FAULT
        answer.write(report.model_dump_json())
        return 0


def _limit(memory: int, seconds: float) -> None:
    """Bounds what this process may take, before any library is loaded.

    A grader writes no more than warnings, and leaves no core. A system that knows a limit not goes without it.
    """
    import resource

    limits = {
        resource.RLIMIT_DATA: memory,
        resource.RLIMIT_CPU: math.ceil(seconds),
        resource.RLIMIT_FSIZE: 64 << 20,
        resource.RLIMIT_CORE: 0,
    }
    for kind, most in limits.items():
        _, hard = resource.getrlimit(kind)
        try:
            resource.setrlimit(kind, (most if hard == resource.RLIM_INFINITY else min(most, hard), hard))
        except (ValueError, OSError) as ex:
            print(f"a limit cannot be set: {ex}", file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())

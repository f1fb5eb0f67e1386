"""Grading in a process of its own.

So a large submission never blocks Inspect's event loop, and a hostile one can exhaust nothing but its own process,
which has a limit on memory and time.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import anyio.to_thread
from inspect_ai.util import concurrency

from mlebench_inspect.data.store import Store
from mlebench_inspect.graders.report import GradingReport
from mlebench_inspect.tasks import Competition, GradingError, competition

MEMORY_BYTES = 24 * 1024**3
TIMEOUT_SECONDS = 3600.0


async def grade_submission(found: Competition, file: Path, store: Store, *, max_bytes: int) -> GradingReport:
    """Grades `file` against the store's answers; as `Competition.grade`, but in a process of its own.

    Raises:
        GradingError: The answers are missing or unreadable, or the grader itself is at fault.
    """
    async with concurrency("mlebench-grade", max(1, (os.cpu_count() or 1) // 2)):
        return await anyio.to_thread.run_sync(
            lambda: grade_in_process(found, file, store, max_bytes=max_bytes), abandon_on_cancel=True
        )


def grade_in_process(
    found: Competition,
    file: Path,
    store: Store,
    *,
    max_bytes: int,
    memory: int = MEMORY_BYTES,
    timeout: float = TIMEOUT_SECONDS,
) -> GradingReport:
    """The same, blocking. A submission that exhausts the process is invalid, if the sample submission does not.

    Args:
        found: The competition.
        file: The submission.
        store: Where the answers lie.
        max_bytes: Larger submissions are invalid.
        memory: Address space of the process in bytes.
        timeout: Seconds after which it is killed.

    Raises:
        GradingError: See `grade_submission`.
    """
    try:
        return _run(found, file, store, max_bytes, memory, timeout)
    except _Exhausted as fault:
        sample = store.prepared(found) / found.sample_submission
        try:
            _run(found, sample, store, max_bytes, memory, timeout)
        except _Exhausted:
            raise GradingError(f"{found.id}: grading {fault} for every submission; give it more") from None
        return found.report(
            None,
            exists=True,
            error=f"grading this submission {fault}; the sample submission does not need as much",
            revision=store.revision,
            data=store.data,
            submission_path=str(file),
        )


class _Exhausted(RuntimeError):
    pass


def _run(found: Competition, file: Path, store: Store, max_bytes: int, memory: int, timeout: float) -> GradingReport:
    request = {
        "competition": found.id,
        "submission": str(file),
        "private": str(store.private(found)),
        "revision": store.revision,
        "data": store.data,
        "max_bytes": max_bytes,
        "memory": memory,
    }
    try:
        process = subprocess.run(
            [sys.executable, "-m", "mlebench_inspect.grading"],
            input=json.dumps(request),
            capture_output=True,
            text=True,
            timeout=timeout,
        )
    except subprocess.TimeoutExpired:
        raise _Exhausted(f"takes more than {timeout:.0f} seconds") from None
    if process.returncode == 0:
        return GradingReport.model_validate_json(process.stdout)
    if process.returncode == 3:
        raise GradingError(process.stdout.strip())
    if process.returncode in (4, -9, -11, -6):
        raise _Exhausted(f"needs more than {memory / 2**30:.0f} GiB of memory")
    raise GradingError(f"{found.id}: the grading process failed: {process.stderr.strip()[-500:]}")


def _worker() -> int:
    """Reads one request from stdin and prints the report, or the reason of a fault of ours (exit code 3)."""
    import resource

    request = json.load(sys.stdin)
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    limit = request["memory"] if hard == resource.RLIM_INFINITY else min(request["memory"], hard)
    resource.setrlimit(resource.RLIMIT_AS, (limit, hard))
    try:
        report = competition(request["competition"]).grade(
            request["submission"],
            request["private"],
            request["revision"],
            data=request["data"],
            max_bytes=request["max_bytes"],
        )
    except MemoryError:
        return 4
    except GradingError as ex:
        print(ex)
        return 3
    print(report.model_dump_json())
    return 0


if __name__ == "__main__":
    sys.exit(_worker())

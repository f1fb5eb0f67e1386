"""Running jobs in worker processes, several at once.

Each worker is a plain child process with its own interpreter: nothing is pickled, the caller's main module is not
imported, no event loop is held up by work, and a worker that is killed is noticed.
"""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from queue import Empty, SimpleQueue
from typing import IO, Any

from mlebench_inspect.data.errors import PreparationError, WorkerDiedError, from_event, redact
from mlebench_inspect.data.jobs import Job, Outcome, Progress

Result = Outcome | PreparationError
Listener = Callable[[str, Progress], None]


def run_jobs(
    jobs: Sequence[Job],
    workers: int = 1,
    *,
    on_progress: Listener | None = None,
    on_result: Callable[[str, Result], None] | None = None,
    reuse: bool = False,
) -> dict[str, Result]:
    """Runs jobs in worker processes.

    Args:
        jobs: One per competition.
        workers: Processes at once.
        on_progress: Called with competition id and progress, from several threads.
        on_result: Called with competition id and outcome or error, from several threads.
        reuse: Give one process many jobs (small data) instead of a fresh process for each.

    Returns:
        Outcome or error of each competition. On KeyboardInterrupt the workers are ended first.
    """
    pending: SimpleQueue[Job] = SimpleQueue()
    for job in jobs:
        pending.put(job)
    results: dict[str, Result] = {}
    pool = [_Slot(pending, results, on_progress, on_result, reuse) for _ in range(max(1, min(workers, len(jobs))))]
    try:
        for slot in pool:
            slot.thread.start()
        while any(s.thread.is_alive() for s in pool):
            time.sleep(0.05)
    finally:
        for slot in pool:
            slot.stop()
        for slot in pool:
            if slot.thread.ident is not None:
                slot.thread.join()
    for slot in pool:
        if slot.fault is not None:
            raise slot.fault
    return {job.competition: results[job.competition] for job in jobs}


class _Slot:
    """A thread that keeps one worker process busy."""

    def __init__(
        self,
        pending: SimpleQueue[Job],
        results: dict[str, Result],
        on_progress: Listener | None,
        on_result: Callable[[str, Result], None] | None,
        reuse: bool,
    ) -> None:
        self.pending, self.results, self.reuse = pending, results, reuse
        self.on_progress, self.on_result = on_progress, on_result
        self.process: subprocess.Popen[str] | None = None
        self.errors: IO[bytes] | None = None
        self.stopped, self.lock = False, threading.Lock()
        self.fault: Exception | None = None
        self.thread = threading.Thread(target=self._run, daemon=True)

    def stop(self) -> None:
        with self.lock:
            self.stopped = True
            if self.process is not None:
                self.process.kill()

    def _run(self) -> None:
        try:
            while not self.stopped:
                try:
                    job = self.pending.get_nowait()
                except Empty:
                    return
                try:
                    result = self._do(job)
                except OSError as ex:
                    result = WorkerDiedError(f"{job.competition}: the worker process cannot be started ({ex})")
                if self.stopped:
                    return
                self.results[job.competition] = result
                if self.on_result is not None:
                    self.on_result(job.competition, result)
                if not self.reuse:
                    self._end()
        except Exception as ex:  # of a listener, such as a closed pipe
            self.fault = ex
        finally:
            self._end()

    def _do(self, job: Job) -> Result:
        process = self._started()
        if process is None:
            return WorkerDiedError(f"{job.competition}: stopped")
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            process.stdin.write(job.model_dump_json() + "\n")
            process.stdin.flush()
        except OSError:
            return self._died(job)
        for line in process.stdout:
            event: dict[str, Any] = json.loads(line)
            if "progress" in event:
                if self.on_progress is not None:
                    self.on_progress(job.competition, Progress.model_validate(event["progress"]))
            elif "outcome" in event:
                return Outcome.model_validate(event["outcome"])
            else:
                return from_event(event)
        return self._died(job)

    def _started(self) -> subprocess.Popen[str] | None:
        with self.lock:
            if self.stopped:
                return None
            if self.process is None:
                self.errors = tempfile.TemporaryFile()  # noqa: SIM115
                self.process = subprocess.Popen(
                    [sys.executable, "-P", "-m", "mlebench_inspect.data.worker"],
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=self.errors,
                    text=True,
                    encoding="utf-8",
                    env={**os.environ, "PYTHONUNBUFFERED": "1"},
                    start_new_session=True,  # Ctrl-C reaches the parent alone, which ends the workers
                )
            return self.process

    def _died(self, job: Job) -> WorkerDiedError:
        process, errors = self.process, self.errors
        assert process is not None
        assert errors is not None
        code = process.wait()
        errors.seek(0, os.SEEK_END)
        errors.seek(max(0, errors.tell() - 2000))
        last = [s for s in errors.read().decode("utf-8", "replace").splitlines() if s.strip()][-1:]
        self._end()
        hint = " (out of memory?)" if code == -9 else ""
        why = f"was ended by signal {-code}{hint}" if code < 0 else f"ended with exit code {code}"
        said = f": {redact(last[0].strip())}" if last else ""
        return WorkerDiedError(f"{job.competition}: the worker process {why}{said}; run the same command to go on")

    def _end(self) -> None:
        with self.lock:
            process, self.process = self.process, None
            errors, self.errors = self.errors, None
        if process is not None:
            if process.stdin is not None:
                with contextlib.suppress(OSError):
                    process.stdin.close()
            try:
                process.wait(timeout=5)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            if process.stdout is not None:
                process.stdout.close()
        if errors is not None:
            errors.close()

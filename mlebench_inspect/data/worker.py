"""The worker process: `python -m mlebench_inspect.data.worker`.

Reads one job per line on stdin and answers with lines of JSON on stdout. It ends at once when stdin is closed, so no
worker outlives the process that started it; what it was doing is taken up by the next run.
"""

from __future__ import annotations

import json
import os
import queue
import sys
import threading
import time
from typing import Any, TextIO

_EVERY_SECONDS = 0.2  # progress lines are not sent more often


class _Channel:
    def __init__(self, out: TextIO) -> None:
        self.out, self.lock, self.sent, self.stage = out, threading.Lock(), 0.0, ("", "")

    def send(self, event: dict[str, Any]) -> None:
        with self.lock:
            try:
                self.out.write(json.dumps(event) + "\n")
                self.out.flush()
            except OSError:
                os._exit(3)

    def progress(self, progress: Any) -> None:
        now = time.monotonic()
        stage = (progress.stage, progress.note)
        if stage != self.stage or now - self.sent >= _EVERY_SECONDS:
            self.stage, self.sent = stage, now
            self.send({"progress": progress.model_dump()})


def main() -> None:
    """Works off jobs until stdin is closed."""
    channel = _Channel(os.fdopen(os.dup(1), "w", encoding="utf-8"))
    os.dup2(2, 1)  # whatever libraries print goes to stderr
    jobs: queue.SimpleQueue[str] = queue.SimpleQueue()

    def listen() -> None:
        for line in sys.stdin:
            jobs.put(line)
        os._exit(3)

    threading.Thread(target=listen, daemon=True).start()
    while True:
        _work(jobs.get(), channel)


def _work(line: str, channel: _Channel) -> None:
    from mlebench_inspect.data.errors import as_event
    from mlebench_inspect.data.jobs import Job
    from mlebench_inspect.data.runner import run_job

    try:
        outcome = run_job(Job.model_validate_json(line), channel.progress)
        channel.send({"outcome": outcome.model_dump(mode="json")})
    except Exception as ex:
        channel.send(as_event(ex))


if __name__ == "__main__":
    main()

"""How long an event loop waits, and for whom."""

from __future__ import annotations

import asyncio
import gc
import os
import sys
import threading
import time
from pathlib import Path
from types import FrameType
from typing import Any

BEAT = 0.02
"""Seconds between looks."""


class LoopWatch:
    """Watches the running event loop, and says whose code held it up.

    A thread looks at what the loop's thread does whenever that is late. Time in which this was ready to run but other
    processes had the processors is told apart, and so are waits for the garbage collector, whoever set it off.
    """

    def __init__(self) -> None:
        self._waits: list[tuple[float, str]] = []
        self._gross: list[float] = []
        self._beat, self._held_by = time.perf_counter(), ""
        self._collecting, self._collected = 0.0, 0.0
        self._task: asyncio.Task[None] | None = None

    def begin(self) -> None:
        """Starts, unless it has; must be called in the loop."""
        if self._task is None:
            self._task = asyncio.get_running_loop().create_task(self._watch())
            gc.callbacks.append(self._note_collection)
            threading.Thread(target=self._look, args=[threading.get_ident()], daemon=True).start()

    def figures(self) -> dict[str, Any]:
        """What was seen: times in ms, the longest first."""
        waits = sorted(self._waits, reverse=True)
        return {
            "longest waits of the loop (ms)": [round(1000 * w) for w in sorted(self._gross)[:-6:-1]],
            "without those for a processor": [f"{1000 * w:.0f}: {who}" for w, who in waits[:5]],
            "above 200 ms": sum(w > 0.2 for w, _ in waits),
            "longest with our code (ms)": round(1000 * max((w for w, who in waits if "ours" in who), default=0)),
            "with our code": [f"{1000 * w:.0f}: {who}" for w, who in waits if "ours" in who][:3],
        }

    async def _watch(self) -> None:
        while True:
            self._beat, self._held_by, queued = time.perf_counter(), "", time_in_run_queue()
            collected = self._collected
            await asyncio.sleep(BEAT)
            late = time.perf_counter() - self._beat - BEAT
            if late > BEAT:  # a long run has millions of others
                self._gross.append(late)
                for_the_collector = self._collected - collected > late / 2
                held_by = "the garbage collector" if for_the_collector else self._held_by or "nothing seen"
                self._waits.append((late - (time_in_run_queue() - queued), held_by))

    def _note_collection(self, phase: str, _: dict[str, int]) -> None:
        now = time.perf_counter()
        if phase == "start":
            self._collecting = now
        else:
            self._collected += now - self._collecting

    def _look(self, thread: int) -> None:
        while True:
            time.sleep(BEAT)
            if time.perf_counter() - self._beat > 0.1 and not self._held_by:
                self._held_by = whose(sys._current_frames().get(thread))


def time_in_run_queue() -> float:
    """Seconds that this thread was ready to run but had no processor, which other processes held; 0 if unknown."""
    try:
        return int(Path("/proc/thread-self/schedstat").read_text(encoding="utf-8").split()[1]) / 1e9
    except OSError:
        return 0.0


def whose(frame: FrameType | None) -> str:
    """Whose code the event loop is in: the innermost place outside the standard library."""
    root, library = Path(__file__).parents[1], Path(os.__file__).parent
    while frame is not None:
        path = Path(frame.f_code.co_filename)
        if not path.is_relative_to(library) or "site-packages" in path.parts:
            ours = (
                path.is_relative_to(root)
                and "site-packages" not in path.parts
                and root / "benchmarks" not in path.parents
            )
            return f"{'ours, ' if ours else ''}{path.parent.name}/{path.name}:{frame.f_code.co_name}"
        frame = frame.f_back
    return "the event loop itself"

"""What the campaign knows of the samples that run, from the marks that reach it."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

STAGES = ("setup", "agent", "taking_out", "grading")
ENDED = ("over", "gone")
GRACE = 5.0
"""Seconds for which a fault that is over may still be felt."""


@dataclass
class Attempt:
    """One run of one sample."""

    uuid: str
    competition: str = ""
    seed: int = 0
    pid: int = 0
    container: str | None = None
    stage: str = ""
    placed: str | None = None
    """`early` or `final`: which submission lies in place."""
    outcome: str | None = None
    faults: list[str] = field(default_factory=list)
    """Kinds of faults that were on while it ran."""


class Room:
    """Attempts by their uuid. Marks come from a thread; all access goes through the condition.

    Args:
        address: Socket to make.
    """

    def __init__(self, address: Path) -> None:
        self.address = address
        self.attempts: dict[str, Attempt] = {}
        self.changed = threading.Condition()
        self._on: list[tuple[str, Callable[[Attempt], bool]]] = []
        """Faults that are on, and which attempts they hit."""
        self._line = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._line.bind(str(address))
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        while True:
            message = json.loads(self._line.recv(65536))
            with self.changed:
                self._note(message)
                self.changed.notify_all()

    def _note(self, message: dict[str, Any]) -> None:
        found = self.attempts.setdefault(message["uuid"], Attempt(message["uuid"]))
        if found.stage in ENDED:  # what Inspect cleans up afterwards is no stage
            message.pop("stage")
        for name, value in message.items():
            setattr(found, name, value)
        found.faults += [kind for kind, hits in self._on if kind not in found.faults and hits(found)]

    def live(self) -> list[Attempt]:
        """The attempts that are in one of the stages."""
        return [a for a in self.attempts.values() if a.stage in STAGES]

    def wait(self, wanted: Callable[[Attempt], bool], until: Callable[[], bool], seconds: float) -> Attempt | None:
        """The first live attempt that is as wanted; None after some seconds, or when `until` says so."""
        end = time.monotonic() + seconds
        with self.changed:
            while not until() and time.monotonic() < end:
                for attempt in reversed(self.live()):
                    if wanted(attempt):
                        return attempt
                self.changed.wait(0.2)
        return None

    @contextmanager
    def fault(self, kind: str, hits: Callable[[Attempt], bool]) -> Iterator[list[Attempt]]:
        """While this is open, and a little longer, a fault is on; gives the live attempts that it hits, as they are.

        Args:
            kind: The fault.
            hits: Which attempts; asked of those that begin meanwhile, too.
        """
        entry = (kind, hits)
        with self.changed:
            struck = [replace(a) for a in self.live() if hits(a)]
            for attempt in struck:
                self.attempts[attempt.uuid].faults.append(kind)
            self._on.append(entry)
        try:
            yield struck
        finally:
            threading.Timer(GRACE, self._on.remove, [entry]).start()

    def end_process(self, pid: int) -> None:
        """Notes that the evaluation with this process id has ended: none of its attempts is live."""
        with self.changed:
            for attempt in self.attempts.values():
                if attempt.pid == pid and attempt.stage in STAGES:
                    attempt.stage = "gone"

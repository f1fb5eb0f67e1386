"""Processes of the campaign's evaluations, found by a variable in their environment."""

from __future__ import annotations

import contextlib
import json
import os
import signal
from pathlib import Path

NURSERY = "campaign.slow_nursery"
"""The module whose process forks graders; they have its command line."""


def of_campaign(mark: str, word: str = "") -> list[int]:
    """Ids of processes whose environment holds `mark`, and whose command line holds `word`."""
    found = []
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit() and int(folder.name) != os.getpid():
            with contextlib.suppress(OSError):
                if mark.encode() in (folder / "environ").read_bytes() and word.encode() in (
                    folder / "cmdline"
                ).read_bytes().replace(b"\0", b" "):
                    found.append(int(folder.name))
    return found


def graded_competition(pid: int) -> str | None:
    """What a grading process grades, by its request; None where it has ended, or is none."""
    try:
        with open(f"/proc/{pid}/fd/0", encoding="utf-8") as request:
            return str(json.load(request)["competition"])
    except (OSError, ValueError, KeyError):
        return None


def signal_all(pids: list[int], number: signal.Signals) -> None:
    """Sends a signal to those that are still there."""
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)

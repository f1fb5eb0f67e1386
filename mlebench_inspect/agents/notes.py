"""The agent's own notes: a file that outlives what its conversation leaves out."""

from __future__ import annotations

from inspect_ai.util import OutputLimitExceededError, sandbox

from mlebench_inspect.sandboxes.provider import GuestPaths

MOST = 20_000
"""Bytes that are shown again; the beginning of a longer file is left out."""


def notes_file(paths: GuestPaths) -> str:
    """Where the notes lie: in the code folder, so that they are kept with it."""
    return f"{paths.code}/notes.md"


async def read_notes(file: str) -> str:
    """The end of the notes; empty where there are none, or something else lies in their place."""
    script = f'[ -f "$0" ] && tail -c {MOST} "$0"'
    try:
        found = await sandbox().exec(["sh", "-c", script, file], timeout=30, timeout_retry=False)
    except (TimeoutError, OutputLimitExceededError, UnicodeDecodeError):
        return ""
    return found.stdout.strip()

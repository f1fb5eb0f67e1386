"""A process that leases GPUs time and again, and notices when it has one that another living process has."""

from __future__ import annotations

import os
import random
import sys
import time
from pathlib import Path

import anyio

from mlebench_inspect.gpus.devices import Device
from mlebench_inspect.gpus.leasing import lease

A, B, WHOLE = Device("A", "A"), Device("B", "B"), Device("C", "C")
PARTS = [Device(f"C{i}", f"C{i}", (), "C") for i in range(2)]
POOLS = [[A, B, WHOLE], [A, B, *PARTS], PARTS, [B, A], [PARTS[1], A]]
PIECES = {"A": ["A"], "B": ["B"], "C": ["C0", "C1"], "C0": ["C0"], "C1": ["C1"]}


def lives(pid: int) -> bool:
    """Whether a process runs; one that is dead and not yet buried does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0] not in "ZX"
    except (OSError, IndexError):
        return False


def claim(file: Path) -> None:
    """Notes that a piece is in use here.

    A process that was killed loses its locks a moment before it counts as dead.
    """
    other = int(file.read_text(encoding="utf-8") or 0) if file.exists() else 0
    deadline = time.monotonic() + 20
    while other and lives(other):
        assert time.monotonic() < deadline, f"{file.name} is in use by the living process {other}"
        time.sleep(0.01)
    file.write_text(str(os.getpid()), encoding="utf-8")


async def hold(folder: Path, rounds: int, random: random.Random) -> None:
    """Leases, uses and gives back."""
    for _ in range(rounds):
        pool = random.choice(POOLS)
        taken = await lease(pool, random.randint(1, len(pool)), folder=folder / "locks")
        pieces = [folder / piece for name in taken.ids for piece in PIECES[name]]
        for piece in pieces:
            claim(piece)
        await anyio.sleep(random.random() / 50)
        for piece in pieces:
            piece.unlink()
        taken.release()


async def hold_as(folder: Path, rounds: int, seed: int) -> None:
    """Several at once, as samples of one process."""
    async with anyio.create_task_group() as tasks:
        for number in range(2):
            tasks.start_soon(hold, folder, rounds, random.Random(10 * seed + number))


if __name__ == "__main__":
    anyio.run(hold_as, Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
